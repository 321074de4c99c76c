// Statistics come from sums by day: they equal what counting gives, cost no more for many readers, and outlive
// what they count.
import { day } from '../../src/durations.js';
import { insertEventRows } from '../../src/feedback/store.js';
import { getNewsletter } from '../../src/newsletters/get-newsletter.js';
import { listLeavings } from '../../src/preferences/list-leavings.js';
import { upsertLeaving } from '../../src/preferences/store-leavings.js';
import { addClicks, checkSums, repairSums, sumKeptNumbers } from '../../src/statistics/keep-sums.js';
import { dayOf, meantDays, wrongDays } from '../../src/statistics/period.js';
import { issueStatistics, newsletterStatistics } from '../../src/statistics/statistics.js';
import { endSubscription, rejoinSubscription } from '../../src/subscribers/subscriptions.js';
import { explained } from '../support/explained.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeNewsletter, makeReaders, secretKey } from '../support/newsroom.js';
import { run } from '../cli/run.js';

const database = useDatabase();
const app = useApp(database);
const now = () => new Date();

async function event(issueId: string, subscriberId: string, kind: 'hard' | 'full' | 'complaint', at = now()) {
  const said = { status: null, code: null, words: null, forwarded: false };
  await insertEventRows(database.db, [
    { ...said, issueId, subscriberId, kind, at, source: 'command', provider: 'gmail' },
  ]);
}

/** Moves what is summed to an earlier day. */
const backdate = (newsletterId: string, days: number) =>
  database.db.query('update daily_sums set day = day - $2::int where newsletter_id = $1', [
    newsletterId,
    days,
  ]);

const idsOf = (newsletterId: string) =>
  database.db.query<{ id: string; subscriberId: string }>(
    'select id, subscriber_id from subscriptions where newsletter_id = $1 order by id',
    [newsletterId],
  );

test('readers, joins by source, and leaves by reason, day by day', async () => {
  const { db } = database;
  const { id, slug } = await makeNewsletter(db);
  await makeReaders(db, id, 5, { prefix: 'old' });
  await backdate(id, 3);
  const readers = await idsOf(id);
  const added = await app.api('POST', '/subscribers', {
    email: 'api@example.org',
    newsletterId: id,
    status: 'active',
  });
  expect(added.status).toBe(201);
  await fetch(`${app.url}/n/${slug}/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'form@example.org' }),
  });
  for (const { id: subscriptionId } of readers.slice(0, 3)) await endSubscription(db, subscriptionId, now());
  const back = readers[2]?.id ?? '';
  expect(await rejoinSubscription(db, back, new Date(0))).toBe(true);
  const leaving = { subscriptionId: readers[0]?.id ?? '', newsletterId: id, unsubscribedAt: now() };
  const answer = { comment: null, at: now() };
  await upsertLeaving(db, { ...leaving, ...answer, reason: 'never-asked' });
  await upsertLeaving(db, { ...leaving, ...answer, reason: 'too-often' });
  await db.query('delete from subscriptions where id = $1', [readers[3]?.id]);

  const expected = {
    readers: 3,
    joins: { asked: 1, total: 2, bySource: { api: 1, returned: 1 } },
    leaves: { total: 4, byReason: { 'too-often': 1, 'none-given': 2, removed: 1 } },
  };
  const today = await newsletterStatistics({ db, now }, { newsletterId: id, from: dayOf(now()) });
  expect(today).toMatchObject(expected);
  expect(today.days).toEqual([{ day: dayOf(now()), readers: 3, asked: 1, joined: 2, left: 4 }]);
  // The reasons stay when the readers, and with them their answers, are gone.
  await db.query('delete from subscriptions where id = $1', [readers[0]?.id]);
  expect((await listLeavings({ db }, { newsletterId: id, cursor: undefined, limit: 9 })).data).toEqual([]);
  await sumKeptNumbers({ db, now });
  const all = await newsletterStatistics({ db, now }, { newsletterId: id });
  expect(all).toMatchObject({ ...expected, joins: { ...expected.joins, total: 7 } });
  expect(all.days.slice(-4).map(({ readers: then }) => then)).toEqual([5, 5, 5, 3]);
  expect(await checkSums(db)).toEqual([]);
});

test('outcomes, bounces and clicks of an issue outlive its deliveries', async () => {
  const { db } = database;
  const { issueId, newsletterId } = await issueFor(db, 4);
  const readers = await idsOf(newsletterId);
  await db.query(`update deliveries set state = 'accepted' where issue_id = $1`, [issueId]);
  const [one, two] = readers.map(({ subscriberId }) => subscriberId);
  await db.query(`update deliveries set state = 'bounced' where issue_id = $1 and subscriber_id = $2`, [
    issueId,
    one,
  ]);
  await event(issueId, one ?? '', 'hard');
  await event(issueId, one ?? '', 'hard');
  await event(issueId, two ?? '', 'complaint', new Date(Date.now() - 2 * day));
  const url = `https://example.org/${'a'.repeat(3_000)}`;
  await addClicks(db, [{ issueId, url, by: 'people', clicks: 2 }], now());
  await addClicks(
    db,
    [
      { issueId, url, by: 'people', clicks: 1 },
      { issueId, url, by: 'machines', clicks: 4 },
      { issueId: '999999999', url, by: 'people', clicks: 4 },
    ],
    now(),
  );
  await db.query('delete from deliveries where issue_id = $1', [issueId]);
  await sumKeptNumbers({ db, now });
  const expected = {
    outcomes: { accepted: 3, deferred: 0, refused: 0, uncertain: 0, bounced: 1, complained: 0 },
    bounces: [{ kind: 'hard', provider: 'gmail', count: 1 }],
    complaints: [{ provider: 'gmail', count: 1 }],
    clicks: [{ url, people: 3, machines: 4 }],
  };
  expect(await issueStatistics({ db, now }, { issueId })).toMatchObject(expected);
  expect(await newsletterStatistics({ db, now }, { newsletterId })).toMatchObject(expected);
  expect(await issueStatistics({ db, now }, { issueId, from: dayOf(now()) })).toMatchObject({
    ...expected,
    complaints: [],
  });
  const { rows } = await db.one<{ rows: number }>(
    'select count(*)::int as rows from daily_sums where issue_id = $1',
    [issueId],
  );
  expect(rows).toBe(4);
  expect(await checkSums(db)).toEqual([]);
});

test('a wrong sum is found and repaired', async () => {
  const { db } = database;
  const { issueId, newsletterId } = await issueFor(db, 2);
  const [reader] = await idsOf(newsletterId);
  await event(issueId, reader?.subscriberId ?? '', 'full');
  await db.query(`update daily_sums set change = change + 3 where newsletter_id = $1`, [newsletterId]);
  const wrong = await checkSums(db);
  expect(wrong).toMatchObject([
    { newsletterId, of: 'readers', kept: 5, counted: 2 },
    { newsletterId, of: 'returned', issueId, kind: 'full', provider: 'gmail', kept: 4, counted: 1 },
  ]);
  expect(await repairSums({ db, now })).toEqual(wrong);
  expect(await checkSums(db)).toEqual([]);
});

test('the API and the commands answer, and refuse days that are none', async () => {
  const { db } = database;
  const { issueId, newsletterId } = await issueFor(db, 2);
  const path = `/newsletters/${newsletterId}/statistics`;
  const today = dayOf(now());
  const whole = await app.api('GET', path);
  expect(whole.body).toMatchObject({ to: today, readers: 2, joins: { total: 2 }, bounces: [], clicks: [] });
  expect(whole.body['days']).toHaveLength(30);
  expect((await app.api('GET', `/issues/${issueId}/statistics`)).body).toMatchObject({
    issueId,
    from: today,
    to: today,
    readers: 2,
  });
  for (const query of [
    'from=yesterday',
    'to=2026-02-30',
    'from=2026-11-02&to=2026-11-01',
    'from=1970-01-01&to=2026-01-01',
  ])
    expect(await app.api('GET', `${path}?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'invalid-period' },
    });
  expect((await app.api('GET', `${path}?since=2026-11-02`)).status).toBe(400);
  expect((await app.api('GET', '/newsletters/999999/statistics')).status).toBe(404);
  expect((await app.api('GET', '/issues/999999/statistics')).status).toBe(404);

  const env = { DATABASE_URL: database.url, SECRET_KEY: secretKey };
  const slug = (await getNewsletter(db, newsletterId))?.slug ?? '';
  const printed = await run(['newsletter', 'statistics', '--newsletter', slug, '--json'], env);
  expect(printed.json).toEqual(whole.body);
});

test('statistics read no row of a reader or delivery', async () => {
  const { db } = database;
  const { issueId, newsletterId } = await issueFor(db, 2_000);
  for (const age of ['old', 'fresh']) {
    if (age === 'fresh') await db.query('analyze');
    const read = new Map<string, number>();
    const seen = explained(db, ({ table, discarded, returned }) =>
      read.set(table, (read.get(table) ?? 0) + discarded + returned),
    );
    await newsletterStatistics({ db: seen, now }, { newsletterId });
    await issueStatistics({ db: seen, now }, { issueId });
    expect([...read.keys()]).toEqual(expect.arrayContaining(['daily_sums', 'issue_counts']));
    expect([...read].filter(([, rows]) => rows > 200)).toEqual([]);
    expect(read.has('subscriptions') || read.has('deliveries')).toBe(false);
  }
});

test.each([
  [{}, '2026-10-31', '2026-11-29'],
  [{ from: '2026-11-01' }, '2026-11-01', '2026-11-29'],
  [{ to: '2026-03-30' }, '2026-03-01', '2026-03-30'],
  [{ from: '2026-12-24' }, '2026-12-24', '2026-12-24'],
  [{ from: '1990-01-01' }, '2016-11-22', '2026-11-29'],
])('the days that %j means', (asked, from, to) => {
  expect(wrongDays(asked)).toBeUndefined();
  expect(meantDays(asked, '2026-11-29')).toEqual({ from, to });
});
