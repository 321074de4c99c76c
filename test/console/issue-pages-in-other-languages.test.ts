// Home, the issues and the pages that send, in German and Hebrew: no words are left in English. Each page is shown to an
// account in English too: a text of several words that both show was not translated.
import { assembleNow } from '../../src/issues/assemble-now.js';
import type { Db } from '../../src/db.js';
import { saveLinkReport } from '../../src/issues/store-links.js';
import { judgeFailure, judgeStatus } from '../../src/links/judge-answer.js';
import { pause, resume, type Pause } from '../../src/issues/sending.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, issueFor, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import type { Visitor } from './browser-session.js';
import { leftInEnglish, peopleOf, posted, type People, type Show } from './other-languages.js';

const database = useDatabase();
const app = useApp(database);
const home = '/console/newsletters/the-daily-test';
let people: People;
let review: string;
let sent: string;

/** What publishers and servers write, and names. */
const notOurs =
  /^(?:The Daily Test|Nothing|Weekend|Held|(?:One|Two|Three|Post number)(?: · One| and .*| .*more)?|Daily Digest|.*@.*|https?:.*|Europe\/Berlin|UTC)(?: · Daily Digest)?$/;

beforeAll(async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { timezone: 'Europe/Berlin' });
  await makePosts(db, id, [{ title: 'One' }, { title: 'Two' }, { title: 'Three' }]);
  await makeReaders(db, id, 3);
  await makeNewsletter(db, { name: 'Nothing', slug: 'nothing-yet', postalAddress: null });
  sent = (await issueFor(db, 3, { posts: 2, name: 'Weekend' })).issueId;
  const held = await makeNewsletter(db, { name: 'Held', slug: 'held', schedule: { review: 'hold' } });
  await makePosts(db, held.id, [{ title: 'One' }, { title: 'Two' }]);
  await makeReaders(db, held.id, 2);
  const assembled = await assembleNow(assembleDeps(db), { newsletterId: held.id });
  if (assembled.status !== 'created') throw new Error(assembled.status);
  review = assembled.issueId;
  await makePosts(db, held.id, [{ title: 'Three' }]);
  await linksOfReview(db);
  people = await peopleOf(db, app.url);
});

/** A report with each kind of dead link. */
async function linksOfReview(db: Db): Promise<void> {
  const { id: newest } = await db.one<{ id: string }>(
    `insert into variants (issue_id, key, language, post_ids, subject, preheader, html, text)
     values ($1, 'x', 'en', '{}', '', '', '', '') returning id`,
    [review],
  );
  const verdicts = [
    ...[404, 410, 418, 500].map(judgeStatus),
    ...(['private', 'connection'] as const).map((code) =>
      judgeFailure({ code, reason: { key: 'fetch.lost', args: { host: 'example.org' } } }),
    ),
  ];
  const silent = verdicts.flatMap((one, at) =>
    one.verdict === 'silent' ? [{ url: `https://example.org/${at}`, reason: one.reason }] : [],
  );
  expect(silent).toHaveLength(6);
  const report = { checkedAt: new Date(), links: 6, unclear: 0, silent };
  await saveLinkReport(db, { issueId: review, newest }, report);
}

const pages: [string, Show][] = [
  ['all newsletters', (person) => person.get('/console')],
  ['home', (person) => person.get(home)],
  ['the home of a newsletter that cannot send', (person) => person.get('/console/newsletters/nothing-yet')],
  ['the home of a newsletter with review', (person) => person.get('/console/newsletters/held')],
  ['a home with an issue that was sent', (person) => person.get('/console/newsletters/weekend?notice=saved')],
  ['the issues', (person) => person.get('/console/newsletters/weekend/issues')],
  ['no issues', (person) => person.get(`${home}/issues`)],
  ['the question before sending', (person) => person.get(`${home}/send`)],
  ['the question before assembling', (person) => person.get('/console/newsletters/held/send')],
  ['the question before cancelling', (person) => person.get(`/console/issues/${sent}/cancel`)],
  ['the review', (person) => person.get(`/console/issues/${review}/review`)],
  ['the question before approving', (person) => person.get(`/console/issues/${review}/review/approve`)],
  ['no review', (person) => person.get('/console/issues/999999/review')],
  ['the next issue', (person) => person.get(`${home}/next-issue`)],
  [
    'the next issue with a wrong subject',
    posted(`${home}/next-issue`, `${home}/next-issue`, { subject: '{{x}}' }),
  ],
  [
    'the next issue that another editor changed',
    posted(`${home}/next-issue`, `${home}/next-issue`, { madeFrom: '99', held: 'on', subject: 'x' }),
  ],
  ['no next issue', (person) => person.get('/console/newsletters/nothing-yet/next-issue')],
  ['nothing to send', (person) => person.get('/console/newsletters/nothing-yet?notice=no-postal-address')],
  ['sending', (person) => person.get('/console/sending')],
];

test.each(pages)('%s', async (_, show) => {
  expect(await leftInEnglish(people, show, notOurs)).toEqual({ de: [], he: [] });
});

const findings: Pause[] = [
  { by: 'guard', kind: 'everything-is-refused', bad: 20, ends: 20, refusal: '550 no' },
  { by: 'guard', kind: 'everything-is-refused', bad: 20, ends: 20 },
  { by: 'guard', kind: 'hard-bounces', bad: 30, ends: 120 },
  { by: 'guard', kind: 'hard-bounces-of-week', bad: 30, ends: 120, domain: 'example.org' },
  { by: 'guard', kind: 'complaints', bad: 30, ends: 1200 },
  { by: 'guard', kind: 'complaints-of-week', bad: 30, ends: 1200, domain: 'example.org' },
  { by: 'guard', kind: 'not-authenticated', bad: 30, ends: 120, domain: 'Gmail' },
];

test.each(findings)('an issue that is paused: %j', async (why) => {
  const { db } = database;
  await pause(db, sent, why);
  for (const path of [
    `/console/issues/${sent}`,
    `/console/issues/${sent}/review`,
    '/console/newsletters/weekend',
  ])
    expect(await leftInEnglish(people, (person) => person.get(path), notOurs)).toEqual({ de: [], he: [] });
  const { text } = await (people.get('de') as Visitor).get(`/console/issues/${sent}`);
  expect(text).toContain('automatisch – ');
  expect(text.includes('550 no')).toBe('refusal' in why);
  await resume(db, sent, new Date());
});

test('our reason why there is no reply is in the language of the account, and a reply stays as it is', async () => {
  const { db } = database;
  const german = people.get('de') as Visitor;
  const [first, second] = await db.query<{ id: string }>(
    'select subscriber_id as id from deliveries where issue_id = $1 order by 1',
    [sent],
  );
  await db.change(
    `update deliveries set state = 'refused', reason = case when subscriber_id = $2 then 'unfit' else 'hard' end,
       reply_code = case when subscriber_id = $2 then null else 550 end,
       reply = case when subscriber_id = $2 then 'the message could not be composed for this address' else '550 5.1.1 no reply in 3 s' end
     where issue_id = $1 and subscriber_id in ($2, $3)`,
    [sent, first?.id, second?.id],
  );
  const own = 'die Nachricht ließ sich für diese Adresse nicht erstellen';
  for (const path of [
    `/console/issues/${sent}`,
    `/console/issues/${sent}/recipients`,
    `/console/issues/${sent}/why?subscriber=${first?.id}`,
    `/console/subscribers/${first?.id}`,
  ])
    expect([path, (await german.get(path)).text.includes(own)]).toEqual([path, true]);
  expect((await german.get(`/console/issues/${sent}/recipients`)).text).toContain(
    '550 5.1.1 no reply in 3 s',
  );
  const english = people.get('en') as Visitor;
  expect((await english.get(`/console/issues/${sent}/recipients`)).text).toContain(
    'the message could not be composed for this address',
  );
});

test('an issue whose readers wait', async () => {
  const { db } = database;
  await db.change(
    `insert into domain_slowdowns (group_key, step, until, reply) values ('others', 1, now() + interval '1 hour', '421 no')`,
  );
  await db.change(
    `insert into warm_ups (domain, day, allowed, taken, granted)
     select lower(split_part(from_address, '@', 2)), (now() at time zone 'utc')::date, 5, 5, 0 from newsletters
     where slug = 'weekend'`,
  );
  await db.change(
    `insert into delivery_workers (host, pid, circuits, conditions) values ('one', 1, '{"smtp.example:25": "open"}',
       '{"smtp.example:25": {"share": 5, "used": 2, "asked": "421 fewer", "trouble": "553 no"}}')`,
  );
  for (const path of [`/console/issues/${sent}`, '/console/newsletters/weekend'])
    expect(await leftInEnglish(people, (person) => person.get(path), notOurs)).toEqual({ de: [], he: [] });
  const german = people.get('de') as Visitor;
  const { text } = await german.get(`/console/issues/${sent}`);
  for (const said of ['421 no', '421 fewer', '553 no', 'Leser warten (andere Anbieter)', 'wird aufgewärmt'])
    expect(text).toContain(said);
  expect((await german.get('/console/newsletters/weekend')).text).toContain('Ausgabe Nr. ');
});

test('the hold and a provider that refuses are told on every page', async () => {
  const { db } = database;
  const [lostFrom, lostUntil] = ['2026-11-20T07:00:00Z', '2026-11-20T19:00:00Z'];
  await db.change(`update lifeline set held_at = $2, hold_reason = 'x', lost_from = $1, lost_until = $2`, [
    lostFrom,
    lostUntil,
  ]);
  await db.change(
    `insert into provider_pauses (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ('yahoo', 'policy', 40, 200, '550 no', now(), now() + interval '1 hour', 1)`,
  );
  await db.change(
    `update issues set paused_at = now(), paused_by = 'hold', pause_reason = 'the database was restored' where id = $1`,
    [sent],
  );
  const asked = '/console/sending/resume?provider=yahoo';
  for (const path of [
    home,
    '/console/sending',
    '/console/sending/release',
    asked,
    `/console/issues/${sent}`,
    '/console/newsletters/weekend',
  ])
    expect(await leftInEnglish(people, (person) => person.get(path), notOurs)).toEqual({ de: [], he: [] });
  expect((await (people.get('de') as Visitor).get(home)).text).toContain('Der Versand ist angehalten:');
  // Asking ends no pause.
  const { text } = await (people.get('en') as Visitor).get(asked);
  expect(text).toMatch(/<h1>Send to Yahoo and AOL again, to up to [\d,]+ waiting readers?\?<\/h1>/);
  expect(text).toContain('name="provider" value="yahoo"');
  const { open } = await db.one<{ open: number }>(
    'select count(*)::int as open from provider_pauses where ended_at is null',
  );
  expect(open).toBe(1);
  const unknown = await (people.get('en') as Visitor).get('/console/sending/resume?provider=google');
  expect(unknown.location).toBe('/console/sending?notice=provider-not-paused');
});
