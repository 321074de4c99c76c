// One reader's page tells all that happened, in one list, the newest first.
import { translator } from '../../src/languages/translate.js';
import { utcTimes } from '../../src/text/when-words.js';
import { explainIssuesOf } from '../../src/reports/explain-issue.js';
import { explained, type Reading } from '../support/explained.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;
let page: string;
let issueId: string;

beforeAll(async () => {
  const { db } = database;
  const made = await issueFor(db, 1, { posts: 2, name: 'Harbour' });
  issueId = made.issueId;
  const { id, subscription } = await db.one<{ id: string; subscription: string }>(
    'select subscriber_id as id, id as subscription from subscriptions where newsletter_id = $1',
    [made.newsletterId],
  );
  page = `/console/subscribers/${id}`;
  await db.change(
    `insert into consents (subscription_id, event, at, via, wording, language, ip, detail) values
       ($1, 'requested', '2026-01-01T06:00Z', 'form', 'Yes, <mail> me', 'en', '192.0.2.7', null),
       ($1, 'confirmed', '2026-01-01T07:00Z', 'page', null, null, '192.0.2.8', null),
       ($1, 'imported', '2026-01-02T07:00Z', 'import', null, null, null, '{"basis": "asked at the fair"}'),
       ($1, 'unsubscribed', '2030-01-01T07:00Z', 'one-click', null, null, null, null)`,
    [subscription],
  );
  await db.change(
    `insert into leavings (subscription_id, newsletter_id, unsubscribed_at, reason, comment, at)
     values ($1, $2, '2030-01-01T07:00Z', 'too-often', 'Twice a day!', '2030-01-01T07:01Z')`,
    [subscription, made.newsletterId],
  );
  await db.change(
    `update deliveries set state = 'bounced', reason = 'hard', reply_code = 550, reply = '550 5.1.1 unknown'
     where issue_id = $1`,
    [issueId],
  );
  await db.change(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider, words, forwarded)
     values ($1, $2, 'hard', '2029-01-01', '2029-01-01T07:00:01Z', 'listener', 'others', 'no such user here', false)`,
    [issueId, id],
  );
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(db, 'owner'));
});

test('asked, confirmed with wording and IP, issues, what came back, and why they left', async () => {
  const { text } = await owner.get(page);
  const list = text.slice(
    text.indexOf('<ol class="timeline">'),
    text.indexOf('</ol>', text.indexOf('<ol class="timeline">')),
  );
  const entries = list
    .split('<li')
    .slice(1)
    .map((one) => one.replaceAll(/<[^>]*>|^[^>]*>/g, ' ').replaceAll(/\s+/g, ' '));
  const order = [
    /Said why they left Harbour Too many e-mails Twice a day!/,
    /Unsubscribed from Harbour with the button of their mail program/,
    /in a mail that came back about issue No\. 1 no such user here/,
    /Sent: .* 550 5\.1\.1 unknown/,
    /Imported into Harbour by an import asked at the fair/,
    /Confirmed Harbour on a page of ours from the IP address 192\.0\.2\.8/,
    /Asked for Harbour with the form from the IP address 192\.0\.2\.7 Yes, &lt;mail&gt; me/,
  ];
  const places = order.map((pattern) => entries.findIndex((entry) => pattern.test(entry)));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(list).toContain('<blockquote dir="auto" lang="en">');
  expect(list).toContain(`href="/console/issues/${issueId}"`);
});

test('the name is corrected on the page, and the correction is in the list', async () => {
  await owner.get(page);
  const saved = await owner.post(`${page}/name`, {
    name: 'Ada King',
    madeFrom: '[null,null]',
  });
  expect(saved.location).toMatch(/notice=saved/);
  const { text } = await owner.get(page);
  expect(text).toContain('value="Ada King"');
  expect(text).toContain('Changed their choices for Harbour');
});

test('every issue since a week before they joined is reached, and each page has what happened in its time', async () => {
  const { db } = database;
  const now = (): Date => new Date('2026-01-01T06:00:00Z');
  const { id: newsletterId } = await makeNewsletter(db, { name: 'Lighthouse', now });
  await makeReaders(db, newsletterId, 1, { prefix: 'keeper', now });
  const reader = await db.one<{ id: string; subscription: string }>(
    'select subscriber_id as id, id as subscription from subscriptions where newsletter_id = $1',
    [newsletterId],
  );
  await db.change(
    `insert into consents (subscription_id, event, at, via) values
       ($1, 'requested', '2026-01-01T06:00Z', 'form'), ($1, 'changed', '2026-01-25T12:00Z', 'page')`,
    [reader.subscription],
  );
  // The first five are older: nobody asks why this reader did not get them.
  await db.change(
    `insert into issues (newsletter_id, kind, slot, review, subject, frozen_at, approved_at, fanned_out_at, candidates)
     select $1, 'scheduled', at, 'auto', 'Light of ' || to_char(at, 'YYYY-MM-DD'), at, at, at, 1
     from generate_series('2025-12-20T07:00Z'::timestamptz, '2026-02-14T07:00Z', interval '1 day') as at`,
    [newsletterId],
  );
  const subjects: string[] = [];
  const changed: number[] = [];
  let next: string | undefined = '';
  let pages = 0;
  while (next !== undefined && pages < 10) {
    const { text } = await owner.get(`/console/subscribers/${reader.id}${next}`);
    const found = [...text.matchAll(/Light of ([\d-]+)/g)].map(([, day]) => day ?? '');
    subjects.push(...found);
    if (text.includes('Changed their choices')) changed.push(pages);
    expect(text.includes('Asked for Lighthouse')).toBe(found.includes('2026-01-01'));
    next = /href="(\?before[^"]+)#timeline"/.exec(text)?.[1]?.replaceAll('&#x3D;', '=');
    pages++;
  }
  const days = Array.from({ length: 52 }, (_, at) =>
    new Date(Date.UTC(2026, 1, 14 - at)).toISOString().slice(0, 10),
  );
  expect(subjects).toEqual(days);
  // 25 January: after the first twenty days, of which the newest issue has one.
  expect(changed).toEqual([1]);
});

test('a page reads the deliveries of its reader and of its issues, of no others', async () => {
  const { db } = database;
  const { issueId: first, newsletterId } = await issueFor(db, 300, { posts: 3, name: 'Long pier' });
  await db.change(
    `insert into issues (newsletter_id, kind, slot, review, number, subject, frozen_at, approved_at, fanned_out_at, candidates)
     select newsletter_id, kind, slot + n * interval '1 minute', review, n + 1, 'No. ' || n, frozen_at, approved_at,
       fanned_out_at + n * interval '1 minute', candidates
     from issues, generate_series(1, 400) n where id = $1`,
    [first],
  );
  await db.change(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, state, read_from, changed_at)
     select i.id, d.subscriber_id, d.subscription_id, d.variant_id, 1, 'accepted', 0, i.fanned_out_at
     from issues i, deliveries d where i.newsletter_id = $1 and i.id <> $2 and d.issue_id = $2`,
    [newsletterId, first],
  );
  await db.change(
    `insert into issue_posts (issue_id, post_id, position, seq, post)
     select i.id, p.post_id, p.position, p.seq, p.post from issues i, issue_posts p
     where i.newsletter_id = $1 and i.id <> $2 and p.issue_id = $2`,
    [newsletterId, first],
  );
  await db.query('analyze issues, deliveries, issue_posts, subscriptions, variants');
  const { id } = await db.one<{ id: string }>(
    'select max(subscriber_id) as id from subscriptions where newsletter_id = $1',
    [newsletterId],
  );
  const found: Reading[] = [];
  // Of 401 issues with 300 readers each: a reader's own messages, and the issues and posts of a page.
  const seen = explained(
    db,
    (reading) => (reading.discarded > 100 || reading.returned > 100) && found.push(reading),
  );
  const shown = await explainIssuesOf(
    seen,
    {
      subscriberId: id,
      newsletters: [{ newsletterId, since: new Date(0) }],
      before: undefined,
      limit: 21,
    },
    utcTimes(translator('en')),
  );
  expect(shown.map(({ explanation }) => explanation.included)).toEqual(Array(21).fill(true));
  expect(found).toEqual([]);
});
