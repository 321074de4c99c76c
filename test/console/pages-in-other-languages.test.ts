// The pages of feeds, design and first run, in German and Hebrew: no words are left in English. Each page is shown to an
// account in English too; a text of several words that both show was not translated.
import { signDecision } from '../../src/decision-link.js';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { messageJson } from '../../src/languages/message-json.js';
import type { Message } from '../../src/languages/messages.js';
import { explainRefusal, explainStatus } from '../../src/outbound/refusal.js';
import { closeParser } from '../../src/formats/parse.js';
import { openSecrets } from '../../src/secrets.js';
import { rss } from '../feeds/feed-newsroom.js';
import { startFeedServer, type FeedServer } from '../support/feed-server.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { visitor, type Visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';
import { press } from './first-run-fields.js';
import { leftInEnglish, peopleOf, posted, type People, type Show } from './other-languages.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/the-daily-test';
const archive = Array.from({ length: 40 }, (_, index) => ({
  guid: `old-${index}`,
  hoursAgo: 24 * (index + 9),
}));

/** Names, and what publishers write. */
const names =
  /The Daily Test|The Harbour Blog|The first digest|Your postal address|old-\d+|^new-\d+|Europe|America|Asia|Africa|Pacific|Atlantic|Indian|Antarctica|Australia|Arctic|JSON Feed|Daily Digest|RSS 1\.0|, \d+ × \d+|^in \d+ (?:min|h)$|^(?:Every State|UTC|English|Deutsch|Français|Español|العربية|עברית|RSS|MJML|Authorization|Georgia|Palatino|Helvetica|Verdana|Trebuchet|Courier)$/;
/** Addresses too, where no sentence of ours holds one. */
const notOurs = new RegExp(`${names.source}|\\.example|example\\.org|127\\.0\\.0\\.1|localhost|https?:`);

let sites: FeedServer;
let listsArchive = false;
let feedPage: string;
let heldPage: string;
let people: People;

beforeAll(async () => {
  const { db } = database;
  sites = await startFeedServer((request, response) => {
    if (request.url === '/feed') response.end(rss(listsArchive ? archive : []));
    else if (request.url === '/')
      response.end('<link rel="alternate" type="application/rss+xml" href="/feed">');
    else response.writeHead(404).end();
  });
  await makeNewsletter(db);
  await makeEverything(db);
  people = await peopleOf(db, app.url);
  const english = people.get('en') as Visitor;
  await english.get(`${home}/feeds/new`);
  const added = await english.post(`${home}/feeds`, { url: `${sites.url}/feed`, kind: 'rss' });
  feedPage = (added.location ?? '').split('?')[0] ?? '';
  listsArchive = true;
  await english.post(`${feedPage}/poll`);
  const key = openSecrets(secretKey).derive('review-links');
  const accountId = (await findAccount(db, 'en@example.org'))?.id ?? '';
  const link = { id: feedPage.split('/').at(-1) ?? '', accountId };
  heldPage = `/held/${signDecision(key, 'held', link, new Date(Date.now() + 86_400_000))}`;
});
closeAfterAll(async () => {
  await sites.close();
  await closeParser();
});

/** Sends a form with the token of another page. */
const post = (person: Visitor, path: string, fields: Record<string, string>): ReturnType<Show> =>
  posted(`${home}/feeds/new`, path, fields)(person);
const broken = '<mjml><mj-body>{{nothing}}</mj-body></mjml>';
/** Each finding that one rendering can have, and those that stop the check before it. */
const unsendable = [
  '<mjml><mj-body>{{#if}}</mj-body></mjml>',
  '<mjml><mj-body>{{> nobody}}{{look.nothing}}</mj-body></mjml>',
  '<mjml><mj-body>{{{title}}} {{#each posts}}{{#each a}}{{#each b}}{{title}}{{/each}}{{/each}}{{/each}}</mj-body></mjml>',
  '<mjml><mj-body><mj-include path="a"/></mj-body></mjml>',
  '<mjml><mj-body><mj-marquee>a</mj-marquee></mj-body></mjml>',
  `<mjml><mj-body><mj-raw><style>@import "a"; p { behavior: x; background: url(http://a.example/) }</style><link rel="x">
    <script>1</script><img src="http://a.example/a" height="1"><a href="javascript:x" onclick="x" foo="a">a</a><b a="></b>
    <p style="color:{{title}}">a</p><meta http-equiv="refresh"></mj-raw></mj-body></mjml>`,
  '<mjml><mj-body><mj-section><mj-column>{{> footer}}</mj-column></mj-section></mj-body></mjml>',
];
const pages: [string, Show][] = [
  ['the feeds', (person) => person.get(`${home}/feeds`)],
  ['the search for feeds', (person) => person.get(`${home}/feeds/new`)],
  ['feeds that were found', (person) => post(person, `${home}/feeds/discover`, { url: sites.url })],
  ['no feed', (person) => post(person, `${home}/feeds/discover`, { url: `${sites.url}/nothing` })],
  ['a private address', (person) => post(person, `${home}/feeds/discover`, { url: 'http://10.0.0.1/' })],
  ['a feed with held posts', (person) => person.get(feedPage)],
  ['a cookie that is none', (person) => post(person, `${feedPage}/settings`, { cookie: 'ä' })],
  [
    'a header that is none',
    (person) => post(person, `${feedPage}/settings`, { headerName: 'Host', headerValue: 'x' }),
  ],
  ['feeds in every state', (person) => person.get('/console/newsletters/every-state/feeds')],
  ['the tasks of feeds that fail', (person) => person.get('/console/newsletters/every-state')],
  ['a feed that does not exist', (person) => person.get(`${home}/feeds/999999`)],
  ['the design', (person) => person.get(`${home}/look`)],
  ['a design that is tried', (person) => post(person, `${home}/look/preview`, { brandColour: '#123456' })],
  [
    'wrong fields of the design',
    (person) =>
      post(person, `${home}/look`, {
        brandColour: 'red',
        width: '1',
        subject: '{{x}}',
        images: 'x',
        content: 'x',
      }),
  ],
  ['wrong words', (person) => post(person, `${home}/look/words`, { opening: 'x'.repeat(30_000) })],
  ['a template that is none', (person) => post(person, `${home}/look/templates`, { mjml: broken, file: '' })],
  ...unsendable.map((mjml): [string, Show] => [
    `an unsendable template: ${mjml.slice(14, 50)}`,
    (person) => post(person, `${home}/look/templates`, { mjml, file: '' }),
  ]),
  ['an empty template', (person) => post(person, `${home}/look/templates`, { mjml: '', file: '' })],
  ['the first run', (person) => person.get('/console/first-run')],
  [
    'a site that is down',
    (person) => post(person, '/console/first-run', { address: 'http://127.0.0.1:1/', do: 'read' }),
  ],
  [
    'a site that was read',
    async (person) => {
      await person.get(`${home}/feeds/new`);
      return press(person, { address: sites.url, do: 'read' });
    },
  ],
  ['no address', (person) => post(person, '/console/first-run', { address: '', do: 'read' })],
  ['a page that does not exist', (person) => person.get('/console/nothing')],
  ['a newsletter that does not exist', (person) => person.get('/console/newsletters/nothing/feeds')],
  ['an expired form', (person) => post(person, `${home}/look`, { csrf: 'no' })],
];

test.each(pages)('%s', async (_, show) => {
  expect(await leftInEnglish(people, show, notOurs)).toEqual({ de: [], he: [] });
});

// Of each kind of failure, with the messages within messages.
const problems: Message[] = [
  { key: 'fetch.stopped', args: { problem: explainStatus(410) } },
  ...[401, 403, 404, 429, 451, 500, 503, 520, 521, 522, 523, 524, 525].map(explainStatus),
  ...[
    { 'cf-mitigated': 'challenge' },
    { 'x-sucuri-id': '1' },
    { 'x-iinfo': '1' },
    { server: 'AkamaiGHost' },
    { 'x-amzn-waf-action': '1' },
    { server: 'ddos-guard' },
    { 'x-vercel-mitigated': '1' },
  ].map((headers: Record<string, string>) => refusedBy((name) => headers[name], '')),
  ...['Generated by Wordfence', '/.within.website/x/cmd/anubis', 'g-recaptcha'].map((page) =>
    refusedBy(() => undefined, page),
  ),
  { key: 'fetch.notFound', args: { host: 'feed.example' } },
  { key: 'fetch.webPageWithFeed', args: { feed: 'https://feed.example/rss' } },
  // Of another version of this program.
  JSON.parse('{"key": "fetch.noSuchMessage"}') as Message,
];

function refusedBy(header: (name: string) => string | undefined, page: string): Message {
  const found = explainRefusal({ statusCode: 403, host: 'feed.example', header, page });
  if (found === undefined) throw new Error('this is no refusal');
  return found;
}

test.each(problems)('a feed that fails: %j', async (problem) => {
  await database.db.change(`update feeds set failures = 3, last_error = $2, remark = $3 where id = $1`, [
    feedPage.split('/').at(-1),
    messageJson(problem),
    messageJson({ key: 'fetch.movedOnto', args: { to: 'https://feed.example/' } }),
  ]);
  for (const path of [feedPage, `${home}/feeds`, home])
    expect(await leftInEnglish(people, (person) => person.get(path), names)).toEqual({ de: [], he: [] });
});

test('the link of a mail speaks the language of its account, without a sign-in', async () => {
  const { db } = database;
  const stranger = visitor(app.url);
  expect((await stranger.get(heldPage)).text).toContain('Mark as already published');
  const id = (await findAccount(db, 'en@example.org'))?.id ?? '';
  await setAccountLanguage(db, { id, language: 'de' });
  expect((await stranger.get(heldPage)).text).toContain('Als schon veröffentlicht markieren');
});
