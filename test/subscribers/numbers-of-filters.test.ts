// The number beside each filter of the list of readers is the number of readers whom the filter finds, however readers come,
// change and go.
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { mergeSubscribers } from '../../src/people/merge-subscribers.js';
import { undoImport } from '../../src/people/undo-import.js';
import { requestUndoImport } from '../../src/imports/undo-import.js';
import { runImport } from '../../src/imports/run-import.js';
import { sumKeptNumbers } from '../../src/statistics/keep-sums.js';
import { countFew } from '../../src/subscribers/count-few.js';
import {
  checkReaderCounts,
  countByFrequency,
  countBySource,
  countByTopic,
} from '../../src/subscribers/count-readers.js';
import { joinSources } from '../../src/subscribers/join-source.js';
import { listSubscribers, type ListSubscribersInput } from '../../src/subscribers/list-subscribers.js';
import { readerProblems } from '../../src/subscribers/reader-problems.js';
import { suppressBounced } from '../../src/subscribers/suppressions.js';
import { updateSubscriber, type UpdateSubscriberInput } from '../../src/subscribers/update-subscriber.js';
import { day } from '../../src/durations.js';
import { importDeps, start } from '../imports/import-support.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { evidence, makeNewsletter, makeReaders } from '../support/newsroom.js';
import { limits, secrets } from '../support/site.js';

const database = useDatabase();
const site = useSite(database);
const schedule = { frequencies: ['daily', 'weekly'] as ('daily' | 'weekly')[] };
let newsletter: Newsletter;

beforeEach(async () => {
  newsletter = await makeNewsletter(database.db, { topics: ['Arts', 'Tea'], schedule });
});

const deps = () => ({
  db: database.db,
  enqueue: site.queue.enqueue,
  secrets,
  now: site.clock.now,
  subscribeLimits: limits(),
});

/** How many readers the list shows with this filter, on all its pages. */
async function found(filter: Partial<ListSubscribersInput>): Promise<number> {
  let [readers, cursor]: [number, string | undefined] = [0, undefined];
  do {
    const page: Awaited<ReturnType<typeof listSubscribers>> = await listSubscribers(deps(), {
      newsletter: newsletter.id,
      limit: 200,
      cursor,
      ...filter,
    });
    readers += page.data.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return readers;
}

/** The numbers of the sources and frequencies that are not 0. Asserts that each number is the one that the list finds. */
async function numbers(): Promise<Record<string, number>> {
  const { db } = database;
  const shown: Record<string, number> = {};
  const is = async (filter: Partial<ListSubscribersInput>, name: string, readers: number) => {
    expect([name, readers]).toEqual([name, await found(filter)]);
    if (readers > 0) shown[name] = readers;
  };
  const bySource = await countBySource(db, newsletter.id);
  for (const source of joinSources) await is({ source }, source, bySource.get(source) ?? 0);
  for (const [frequency, readers] of await countByFrequency(db, newsletter))
    await is({ frequency }, frequency, readers);
  const byTopic = await countByTopic(db, newsletter.id);
  for (const topic of newsletter.topics) await is({ topic }, topic, byTopic.get(topic) ?? 0);
  const byTrouble = await countByTrouble(newsletter.id);
  for (const problem of readerProblems) await is({ problem }, problem, byTrouble[problem].readers);
  await is({ status: 'suppressed' }, 'suppressed', byTrouble.suppressed.readers);
  expect(await checkReaderCounts(db)).toEqual([]);
  return shown;
}

const countByTrouble = async (newsletterId: string | undefined) =>
  (await countFew(database.db, { newsletterId, times: [] })).troubles;
const countAddedSince = async (newsletterId: string | undefined, times: readonly Date[]) =>
  (await countFew(database.db, { newsletterId, times })).added;

async function create(email: string, via: 'api' | 'console', status: 'active' | 'pending' = 'active') {
  const made = await createSubscriber(deps(), { email, newsletterId: newsletter.id, via, status });
  if (!made.ok) throw new Error(made.code);
  return made.subscriber.id;
}

async function change(id: string, input: Partial<UpdateSubscriberInput>) {
  const done = await updateSubscriber(deps(), { id, via: 'api', newsletterId: newsletter.id, ...input });
  expect(done.ok).toBe(true);
}

test('when readers subscribe, confirm, choose, leave, come back and expire', async () => {
  await site.subscribe(newsletter.slug, { email: 'ada@example.org', frequency: 'weekly', topics: ['tea'] });
  await site.subscribe(newsletter.slug, { email: 'bob@example.org' });
  await site.work();
  expect(await numbers()).toEqual({ form: 2, daily: 1, weekly: 1, Tea: 1 });
  const token = await site.tokenTo('ada@example.org');
  await fetch(`${site.url}/confirm/${token}`, { method: 'POST' });
  const cleo = await create('cleo@example.org', 'api');
  expect(await numbers()).toEqual({ form: 2, api: 1, daily: 2, weekly: 1, Tea: 1 });
  await change(cleo, { frequency: 'weekly', topics: ['Arts', 'Tea'] });
  expect(await numbers()).toEqual({ form: 2, api: 1, daily: 1, weekly: 2, Tea: 2, Arts: 1 });
  await change(cleo, { sendTime: '18:00', topics: null });
  await change(cleo, { frequency: 'daily' });
  expect(await numbers()).toEqual({ form: 2, api: 1, daily: 2, weekly: 1, Tea: 1 });
  // Those who left, and those who never confirmed, are found too.
  await change(cleo, { status: 'unsubscribed' });
  site.clock.forward(60 * day);
  await site.sweep();
  expect(await numbers()).toEqual({ form: 2, api: 1, daily: 2, weekly: 1, Tea: 1 });
  await site.subscribe(newsletter.slug, { email: 'cleo@example.org' });
  expect(await numbers()).toEqual({ form: 3, daily: 2, weekly: 1, Tea: 1 });
});

test('when the newsletter comes by default at another frequency', async () => {
  await create('own@example.org', 'api').then((id) => change(id, { frequency: 'daily', sendTime: '18:30' }));
  await create('usual@example.org', 'console');
  expect(await numbers()).toEqual({ api: 1, console: 1, daily: 2 });
  const { id } = newsletter;
  const patch = { schedule: { frequencies: ['weekly', 'daily'] as ('daily' | 'weekly')[] } };
  const updated = await updateNewsletter(deps(), { id, patch });
  if (!updated.ok) throw new Error(updated.code);
  ({ newsletter } = updated);
  expect(await numbers()).toEqual({ api: 1, console: 1, daily: 1, weekly: 1 });
});

test('when readers are imported, and the import is undone', async () => {
  await create('known@example.org', 'console', 'pending');
  const list =
    'email,frequency,topics\nnew@example.org,weekly,Tea\nother@example.org,,\nknown@example.org,,\n';
  const importId = await start(database.db, newsletter.id, list);
  await runImport(importDeps(database.db), { importId });
  const during = await numbers();
  expect(during['import']).toBeGreaterThanOrEqual(2);
  await requestUndoImport(importDeps(database.db), { importId });
  await undoImport(importDeps(database.db), { importId });
  const after = await numbers();
  expect(Object.values(after).reduce((sum, one) => sum + one, 0)).toBe(2);
});

test('when readers are erased, merged and added up, and a newsletter is deleted', async () => {
  const other = newsletter;
  newsletter = await makeNewsletter(database.db, { topics: ['Arts'], schedule });
  const [one, two, three] = [
    await create('one@merge.example', 'api'),
    await create('two@merge.example', 'console'),
    await create('three@merge.example', 'console'),
  ];
  await change(two, { frequency: 'weekly' });
  newsletter = other;
  await create('two@merge.example', 'console');
  await create('three@merge.example', 'api');
  expect(await numbers()).toEqual({ api: 1, console: 1, daily: 2 });
  await sumKeptNumbers(deps());
  // Of the other newsletter, the first takes the second's place; here it takes its subscription.
  await database.db.transaction((tx) => mergeSubscribers(tx, { subscriberId: one, otherId: two }));
  expect(await numbers()).toEqual({ api: 1, console: 1, daily: 2 });
  await eraseSubscriber(deps(), { id: three });
  expect(await numbers()).toEqual({ console: 1, daily: 1 });
  await sumKeptNumbers(deps());
  expect(await numbers()).toEqual({ console: 1, daily: 1 });
  await deleteNewsletter(deps(), { id: newsletter.id });
  expect(await countBySource(database.db, newsletter.id)).toEqual(new Map());
  expect(await checkReaderCounts(database.db)).toEqual([]);
});

test('by problem: each reader once, and those of another newsletter not', async () => {
  const { db } = database;
  const ids = [await create('full@example.net', 'api'), await create('gone@example.net', 'api')];
  newsletter = await makeNewsletter(db, { schedule });
  await create('full@example.net', 'api');
  await create('fine@example.net', 'api');
  await suppressBounced(db, [{ subscriberId: ids[1] ?? '', evidence: evidence('550 5.1.1') }]);
  const happened = (kind: string, id: string, { at = '0 days', forwarded = false } = {}) =>
    db.query(
      `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider, forwarded)
       select coalesce(max(issue_id), 0) + 1, $2, $1, now(), now() - $3::interval, 'mail', 'example.net', $4 from feedback_events`,
      [kind, id, at, forwarded],
    );
  for (const kind of ['full', 'full', 'policy', 'size']) await happened(kind, ids[0] ?? '');
  await happened('unavailable', ids[0] ?? '', { at: '31 days' });
  await happened('full', ids[1] ?? '', { forwarded: true });
  expect(await numbers()).toEqual({ api: 2, daily: 2, full: 1, refused: 1 });
  const everywhere = await countByTrouble(undefined);
  for (const problem of readerProblems)
    expect([problem, everywhere[problem]]).toEqual([
      problem,
      { readers: await found({ problem, newsletter: undefined }), isMore: false },
    ]);
  expect(everywhere.bounced.readers).toBe(1);
});

test('by problem: beyond 100 rows the number is a least one', async () => {
  const { db } = database;
  await makeReaders(db, newsletter.id, 102, { prefix: 'bounced' });
  await makeReaders(db, newsletter.id, 500, { prefix: 'others' });
  await db.query(
    `insert into suppressions (address_hash, reason)
     select address_hash, 'bounce' from subscribers where address like 'bounced%'`,
  );
  const { bounced, complained } = await countByTrouble(newsletter.id);
  expect(bounced).toEqual({ readers: 100, isMore: true });
  expect(complained).toEqual({ readers: 0, isMore: false });
  await db.query(`delete from suppressions where address_hash in (select address_hash from subscribers
    where address in ('bounced1@readers.example.org', 'bounced2@readers.example.org'))`);
  await db.query(`delete from suppressions u where not exists (select from subscribers r
    where r.address_hash = u.address_hash and r.address like 'bounced%')`);
  expect((await countByTrouble(newsletter.id)).bounced).toEqual({ readers: 100, isMore: false });
});

test('by problem: a small newsletter beside a large one has exact numbers', async () => {
  const { db } = database;
  await makeReaders(db, newsletter.id, 501, { prefix: 'crowd' });
  newsletter = await makeNewsletter(db, { schedule });
  await makeReaders(db, newsletter.id, 30, { prefix: 'small' });
  await db.query(
    `insert into suppressions (address_hash, reason)
     select address_hash, case when id % 10 = 0 then 'complaint' else 'bounce' end from subscribers
     where address like 'crowd%' or (address like 'small%' and id % 2 = 0)`,
  );
  await db.query(
    `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider)
     select 1, id, kind, now(), now(), 'mail', 'example.net' from subscribers, unnest('{policy,size}'::text[]) kind
     where address like 'crowd%' or address in ('small7@readers.example.org', 'small8@readers.example.org')`,
  );
  const shown = await numbers();
  expect(shown['refused']).toBe(2);
  expect((shown['bounced'] ?? 0) + (shown['complained'] ?? 0)).toBe(15);
});

test('by the time when readers were added, among thousands', async () => {
  const { db } = database;
  const other = await makeNewsletter(db);
  for (let lot = 0; lot < 5; lot += 1) {
    await makeReaders(db, newsletter.id, 530, { prefix: `lot${lot}-` });
    await makeReaders(db, other.id, 3, { prefix: `other${lot}-` });
  }
  // Each reader was added a minute after the one before.
  await db.query(`update subscribers set created_at = timestamptz '2026-01-01' + interval '1 minute' * id`);
  const ids = await db.query<{ id: number; createdAt: Date }>(
    'select id::int, created_at from subscribers order by id',
  );
  const ends = ids.filter(({ id }, at) => at % 271 === 0 || [0, 1, 998, 999].includes(id % 1_000));
  expect(ends.length).toBeGreaterThan(12);
  const times = [...ends.map(({ createdAt }) => createdAt), new Date('2030-01-01')];
  const added = await countAddedSince(newsletter.id, times);
  for (const [at, since] of times.entries())
    expect([since, added[at]]).toEqual([since, { readers: await found({ since }), isMore: false }]);
  expect(
    await countAddedSince(
      undefined,
      [0, -7].map((at) => ids.at(at)?.createdAt ?? new Date()),
    ),
  ).toEqual([
    { readers: 1_000, isMore: true },
    { readers: 7, isMore: false },
  ]);
});
