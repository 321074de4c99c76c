// The pages of feeds, design and first run, in German and Hebrew: no words are left in English. Each page is shown to an
// account in English too; a text of several words that both show was not translated.
import { signDecision } from '../../src/decision-link.js';
import { findAccount, setAccountLanguage } from '../../src/accounts/manage-accounts.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { closeParser } from '../../src/formats/parse.js';
import type { Language } from '../../src/languages/language.js';
import { openSecrets } from '../../src/secrets.js';
import { rss } from '../feeds/feed-newsroom.js';
import { startFeedServer, type FeedServer } from '../support/feed-server.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { password, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/the-daily-test';
const archive = Array.from({ length: 40 }, (_, index) => ({
  guid: `old-${index}`,
  hoursAgo: 24 * (index + 9),
}));

/** What publishers, sites and servers write, and names. */
const notOurs = [
  /The Daily Test|The Harbour Blog|The first digest|Your postal address|old-\d+|^new-\d+/,
  /\.example|example\.org|127\.0\.0\.1|localhost|https?:/,
  /Europe|America|Asia|Africa|Pacific|Atlantic|Indian|Antarctica|Australia|Arctic/,
  /JSON Feed|Daily Digest|RSS 1\.0|, \d+ × \d+/,
  // Names of languages stand in their own language.
  /^(?:English|Deutsch|Français|Español|العربية|עברית)$/,
];

let sites: FeedServer;
let listsArchive = false;
let feedPage: string;
let heldPage: string;
const people = new Map<Language, Visitor>();

beforeAll(async () => {
  const { db } = database;
  sites = await startFeedServer((request, response) => {
    if (request.url === '/feed') response.end(rss(listsArchive ? archive : []));
    else if (request.url === '/')
      response.end('<link rel="alternate" type="application/rss+xml" href="/feed">');
    else response.writeHead(404).end();
  });
  await makeNewsletter(db);
  for (const language of ['en', 'de', 'he'] as const) {
    const email = `${language}@example.org`;
    await createAccount({ db }, { email, password, role: 'owner' });
    const id = (await findAccount(db, email))?.id ?? '';
    await setAccountLanguage(db, { id, language });
    const person = visitor(app.url);
    await person.signIn(email);
    people.set(language, person);
    if (language !== 'en') continue;
    await person.get(`${home}/feeds/new`);
    const added = await person.post(`${home}/feeds`, { url: `${sites.url}/feed`, kind: 'rss' });
    feedPage = (added.location ?? '').split('?')[0] ?? '';
    listsArchive = true;
    await person.post(`${feedPage}/poll`);
    const key = openSecrets(secretKey).derive('review-links');
    const link = { id: feedPage.split('/').at(-1) ?? '', accountId: id };
    heldPage = `/held/${signDecision(key, 'held', link, new Date(Date.now() + 86_400_000))}`;
  }
});
closeAfterAll(async () => {
  await sites.close();
  await closeParser();
});

/** The texts and labels of a page, without those that say that they are in English. */
function textsOf({ text }: Page): string[] {
  const own = text
    .replaceAll(/<(script|style|code|pre|textarea)\b[^]*?<\/\1>/g, ' ')
    .replaceAll(/<(\w+)[^>]*\blang="en"[^>]*>[^<]*<\/\1>/g, ' ')
    .replaceAll(/<bdi>[^<]*<\/bdi>/g, ' ');
  const labels = own.matchAll(/ (?:aria-label|title|placeholder|data-label|data-busy)="([^"]+)"/g);
  const words = own.replaceAll(/<(?:b|strong|a|br)\b[^>]*>|<\/(?:b|strong|a)>/g, ' ').split(/<[^>]*>/);
  return [...Array.from(labels, ([, label = '']) => label), ...words]
    .map((one) =>
      one
        .replaceAll(/&[#\w]+;/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter(
      (one) => /\p{L}{2,}[^\p{L}]+\p{L}{2,}/u.test(one) && !notOurs.some((allowed) => allowed.test(one)),
    );
}

type Show = (person: Visitor) => Promise<Page>;
const broken = '<mjml><mj-body>{{nothing}}</mj-body></mjml>';
const pages: [string, Show][] = [
  ['the feeds', (person) => person.get(`${home}/feeds`)],
  ['the search for feeds', (person) => person.get(`${home}/feeds/new`)],
  ['feeds that were found', (person) => person.post(`${home}/feeds/discover`, { url: sites.url })],
  ['no feed', (person) => person.post(`${home}/feeds/discover`, { url: `${sites.url}/nothing` })],
  ['a private address', (person) => person.post(`${home}/feeds/discover`, { url: 'http://10.0.0.1/' })],
  ['a feed with held posts', (person) => person.get(feedPage)],
  ['a cookie that is none', (person) => person.post(`${feedPage}/settings`, { cookie: 'ä' })],
  [
    'a header that is none',
    (person) => person.post(`${feedPage}/settings`, { headerName: 'Host', headerValue: 'x' }),
  ],
  ['a feed that does not exist', (person) => person.get(`${home}/feeds/999999`)],
  ['the design', (person) => person.get(`${home}/look`)],
  ['a design that is tried', (person) => person.post(`${home}/look/preview`, { brandColour: '#123456' })],
  [
    'wrong fields of the design',
    (person) =>
      person.post(`${home}/look`, {
        brandColour: 'red',
        width: '1',
        subject: '{{x}}',
        images: 'x',
        content: 'x',
      }),
  ],
  ['wrong words', (person) => person.post(`${home}/look/words`, { opening: 'x'.repeat(30_000) })],
  ['a template that is none', (person) => person.post(`${home}/look/templates`, { mjml: broken, file: '' })],
  ['an empty template', (person) => person.post(`${home}/look/templates`, { mjml: '', file: '' })],
  ['the first run', (person) => person.get('/console/first-run')],
  [
    'a site that is down',
    (person) => person.post('/console/first-run', { address: 'http://127.0.0.1:1/', do: 'read' }),
  ],
  ['a site that was read', (person) => person.post('/console/first-run', { address: sites.url, do: 'read' })],
  ['no address', (person) => person.post('/console/first-run', { address: '', do: 'read' })],
  ['a page that does not exist', (person) => person.get('/console/nothing')],
  ['a newsletter that does not exist', (person) => person.get('/console/newsletters/nothing/feeds')],
  ['an expired form', (person) => person.post(`${home}/look`, { csrf: 'no' })],
];

test.each(pages)('%s', async (_, show) => {
  const shown = new Map<Language, Page>();
  for (const [language, person] of people) {
    await person.get(`${home}/feeds/new`);
    shown.set(language, await show(person));
  }
  const english = new Set(textsOf(shown.get('en') as Page));
  expect(english.size).toBeGreaterThan(0);
  for (const language of ['de', 'he'] as const) {
    const page = shown.get(language) as Page;
    expect(page.text).toContain(`<html lang="${language}"`);
    expect(textsOf(page).filter((one) => english.has(one))).toEqual([]);
  }
});

test('the link of a mail speaks the language of its account, without a sign-in', async () => {
  const { db } = database;
  const stranger = visitor(app.url);
  expect((await stranger.get(heldPage)).text).toContain('Mark as already published');
  const id = (await findAccount(db, 'en@example.org'))?.id ?? '';
  await setAccountLanguage(db, { id, language: 'de' });
  expect((await stranger.get(heldPage)).text).toContain('Als schon veröffentlicht markieren');
});
