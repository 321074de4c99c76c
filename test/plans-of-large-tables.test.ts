// Pages and jobs about a few rows read few rows, however many there are: without statistics, with those of before the tables
// grew, and of after.
import { beginProblemAct, runProblemAct } from '../src/delivery/problems/act-on-problem.js';
import { selectStandstills } from '../src/delivery/hand-overs.js';
import { problemsOf } from '../src/delivery/problems/group-problems.js';
import type { Db } from '../src/db.js';
import { exportSubscribers } from '../src/imports/export-subscribers.js';
import { importRows } from '../src/imports/store-lot.js';
import { findReaderOf } from '../src/issues/as-reader.js';
import { previewNext } from '../src/issues/preview-next.js';
import { translator } from '../src/languages/translate.js';
import { utcTimes } from '../src/text/when-words.js';
import { getNewsletter } from '../src/newsletters/get-newsletter.js';
import { explainPosts } from '../src/reports/explain-issue.js';
import { countFew } from '../src/subscribers/count-few.js';
import { countByFrequency, countBySource, countByTopic } from '../src/subscribers/count-readers.js';
import { listSubscribers } from '../src/subscribers/list-subscribers.js';
import { explained, type Reading } from './support/explained.js';
import { useDatabase } from './support/fixture.js';
import { assembleDeps, issueFor, makeNewsletter, makePosts, sweep } from './support/newsroom.js';
import { ageStatistics, statisticsAges } from './support/statistics.js';

const database = useDatabase();
const crowd = 20_000;

beforeAll(async () => {
  for (const table of ['import_rows', 'subscribers', 'subscriptions', 'consents', 'deliveries'])
    await database.db.query(`alter table ${table} set (autovacuum_enabled = false)`);
});

/** The steps of `work` that read more than `atMost` rows of a table, in vain or not. */
async function large(work: (db: Db) => Promise<unknown>, atMost: number): Promise<Reading[]> {
  const found: Reading[] = [];
  await work(
    explained(database.db, (reading) => reading.returned + reading.discarded > atMost && found.push(reading)),
  );
  return found;
}

/** Readers of the newsletter. Their addresses begin with `prefix`. */
async function fill(newsletterId: string, prefix: string, readers: number): Promise<void> {
  await database.db.query(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain, name)
       select a, a, sha256(a::bytea), 'example.org', 'Reader of ' || $1
       from generate_series(1, $2) n, lateral (select $1 || n || '@example.org' as a) as address returning id)
     , joined as (
       insert into subscriptions (newsletter_id, subscriber_id, requested_at, confirmed_at, topics)
       select $3, id, now(), now(), case when id % 4 = 1 then '{Common}'::text[] end from made returning id)
     insert into consents (subscription_id, event, at, via) select id, 'confirmed', now(), 'form' from joined`,
    [prefix, readers, newsletterId],
  );
}

describe.each(statisticsAges)('with %s statistics', (age) => {
  let few: string;
  let many: string;

  beforeAll(async () => {
    const { db } = database;
    many = (await makeNewsletter(db, { name: `Many ${age}`, slug: `many-${age}` })).id;
    few = (await makeNewsletter(db, { name: `Few ${age}`, slug: `few-${age}` })).id;
    if (age === 'old') await db.query('analyze');
    await fill(few, `${age}-early-`, 25);
    await fill(many, `${age}-crowd-`, crowd);
    await fill(few, `${age}-needle-`, 25);
    for (const newsletterId of [few, many]) await makePosts(db, newsletterId, 3);
    await ageStatistics(db, age);
  });

  test('a page of the rows of an import', async () => {
    const { db } = database;
    const made = await db.query<{ id: string }>(
      `insert into imports (newsletter_id, basis, state, content_type, format, encoding, layout)
       select $1, 'x', 'finished', 'text/csv', 'csv', 'utf-8', '{"format":"csv","separator":",","columns":[]}'
       from generate_series(1, 2) returning id`,
      [many],
    );
    for (const [at, { id }] of made.entries())
      await db.query(
        `insert into import_rows (import_id, line, outcome, email)
         select $1, n, case when n % 1000 = 0 then 'invalid' else 'created' end, n || '@example.org'
         from generate_series(2, $2) n`,
        [id, at === 0 ? crowd : 3_000],
      );
    await ageStatistics(db, age);
    for (const { id } of made)
      for (const outcome of ['invalid', 'created', undefined] as const) {
        const page = (seen: Db) => importRows(seen, id, { outcome, after: 1_500, limit: 20 });
        expect([outcome, (await page(db)).rows.length > 0]).toEqual([outcome, true]);
        expect([outcome, await large(page, 100)]).toEqual([outcome, []]);
      }
  });

  test('an export of a few readers among many', async () => {
    let lines = '';
    const work = async (seen: Db) => {
      lines = '';
      for await (const piece of exportSubscribers({ db: seen }, { newsletterId: few })) lines += piece;
    };
    expect(await large(work, 60)).toEqual([]);
    expect(lines.split('\r\n')).toHaveLength(52);
  });

  test('each lot of an export of many reads no more than the lot, and the first is small', async () => {
    const lots = (count: number) => async (seen: Db) => {
      const pieces = exportSubscribers({ db: seen }, { newsletterId: many });
      for (let piece = 0; piece <= count; piece += 1) await pieces.next();
    };
    expect(await large(lots(1), 100)).toEqual([]);
    expect(await large(lots(2), 1_000)).toEqual([]);
  });

  test('a preview as one reader', async () => {
    const { db } = database;
    const newsletter = await getNewsletter(db, many);
    if (!newsletter) throw new Error('no newsletter');
    const deps = assembleDeps(db);
    const address = `${age}-crowd-${crowd - 1}@example.org`;
    const preview = async (seen: Db) => {
      const reader = await findReaderOf({ ...deps, db: seen }, newsletter, { address });
      return previewNext({ ...deps, db: seen }, { newsletterId: many, reader });
    };
    expect((await preview(db))?.posts).toHaveLength(3);
    expect(await large(preview, 100)).toEqual([]);
  });

  test.each([
    ['an address', '-needle-7@'],
    ['a name', `reader of ${age}-needle`],
    ['nothing', 'no-such-reader-anywhere'],
  ])('a search for %s', async (_, search) => {
    const page = (seen: Db) => listSubscribers({ db: seen }, { search, newsletter: few, limit: 50 });
    await page(database.db);
    expect(await large(page, 500)).toEqual([]);
  });

  test.each([
    ['chosen by many', {}],
    ['and a text that many have', { search: 'example' }],
    ['and a text that nobody has', { search: 'no-such-reader' }],
    ['and a status', { status: 'active' as const }],
  ])('readers of a topic: %s', async (_, filter) => {
    const page = (seen: Db) =>
      listSubscribers({ db: seen }, { topic: 'Common', newsletter: many, limit: 50, ...filter });
    // A look takes 2,000 readers at most, and finds each by its key.
    expect(await large(page, 2_500)).toEqual([]);
  });

  test.each([
    { source: 'api' as const },
    { frequency: 'weekly' as const },
    { since: new Date() },
    { since: new Date(0), source: 'form' as const, search: 'example' },
  ])('readers by %o', async (filter) => {
    const page = (seen: Db) => listSubscribers({ db: seen }, { newsletter: many, limit: 50, ...filter });
    expect(await large(page, 2_500)).toEqual([]);
  });

  test('the numbers beside the filters of the readers', async () => {
    const { db } = database;
    const mine = `where address like '${age}-crowd-%'`;
    await db.query(
      `insert into suppressions (address_hash, reason)
       select address_hash, case when id % 2 = 0 then 'bounce' else 'complaint' end from subscribers ${mine} limit 8000`,
    );
    await db.query(
      `insert into feedback_events (issue_id, subscriber_id, kind, day, at, source, provider)
       select 1, id, (array['full', 'unavailable', 'policy', 'unknown'])[1 + id % 4], now(), now(), 'mail', 'x' from subscribers
       ${mine}`,
    );
    await ageStatistics(db, age);
    const times = [0, 30].map((days) => new Date(Date.now() - days * 86_400_000));
    for (const id of [many, few, undefined]) {
      const numbers = async (seen: Db) => {
        if (id !== undefined) {
          const newsletter = await getNewsletter(seen, id);
          if (!newsletter) throw new Error('no newsletter');
          await Promise.all([
            countBySource(seen, id),
            countByTopic(seen, id),
            countByFrequency(seen, newsletter),
          ]);
        }
        await countFew(seen, { newsletterId: id, times });
      };
      // Two periods read 1,001 readers each, and a problem 101 rows.
      expect([id, await large(numbers, 2_002)]).toEqual([id, []]);
    }
    const { added, troubles } = await countFew(db, { newsletterId: many, times });
    expect(added.map(({ readers }) => readers)).toEqual([0, crowd]);
    expect(troubles.full).toEqual({ readers: 100, isMore: true });
    expect((await countFew(db, { newsletterId: few, times })).troubles.full).toEqual({
      readers: 0,
      isMore: false,
    });
    await db.query(`delete from suppressions`);
    await db.query(`delete from feedback_events where issue_id = 1`);
  });

  test('why posts are in an issue or not', async () => {
    const { db } = database;
    const { issueId, newsletterId } = await issueFor(db, 9_000, { name: `Reasons ${age}` });
    const left = await makePosts(db, newsletterId, 1);
    await db.query(
      `insert into issues (newsletter_id, number, kind, slot, review, fanned_out_at)
       select $1, 1000 + n, 'scheduled', now() - interval '1 day' * n, 'auto', now() from generate_series(1, 300) n`,
      [newsletterId],
    );
    await ageStatistics(db, age);
    const has = await db.query<{ id: string }>('select post_id as id from issue_posts where issue_id = $1', [
      issueId,
    ]);
    const postIds = [...left, ...has.map(({ id }) => id)];
    const reasons = (seen: Db) => explainPosts(seen, { issueId, postIds }, utcTimes(translator('en')));
    const included = [...(await reasons(db))].filter(([, reason]) => reason.included).map(([id]) => id);
    expect(new Set(included)).toEqual(new Set(has.map(({ id }) => id)));
    expect((await reasons(db)).size).toBe(postIds.length);
    expect(await large(reasons, 100)).toEqual([]);
  });

  test('a sweep in the middle of an issue, behind one of which all is accepted', async () => {
    const { db } = database;
    const before = await issueFor(db, 12_000, { name: `Before ${age}` });
    await db.query(`update deliveries set state = 'accepted', changed_at = now() where issue_id = $1`, [
      before.issueId,
    ]);
    const { issueId } = await issueFor(db, 12_000, { name: `Middle ${age}` });
    await db.query(
      `update deliveries set changed_at = now(), state = case when subscriber_id % 500 = 1 then 'refused' else 'accepted' end,
         reason = case when subscriber_id % 500 = 1 then 'hard' end
       where issue_id = $1 and batch <= 12`,
      [issueId],
    );
    await db.query('update issues set finished_at = now() where id <> $1', [issueId]);
    await ageStatistics(db, age);
    // 12 refusals in 1,000 messages would matter to the guard, and a sweep enqueues all open batches.
    const work = async (seen: Db): Promise<void> => {
      await sweep(seen);
      await selectStandstills(seen);
    };
    expect(await large(work, 1_001)).toEqual([]);
  });

  test('the problems of an issue, and an act about one of them', async () => {
    const { db } = database;
    const { issueId } = await issueFor(db, 12_000, { name: `Problems ${age}` });
    await db.query(
      `update deliveries set state = 'refused', reason = 'policy', reply_code = 550, reply = '550 5.7.1 no'
       where issue_id = $1`,
      [issueId],
    );
    await ageStatistics(db, age);
    const deps = { ...assembleDeps(db), enqueue: () => Promise.resolve(true) };
    let found = await problemsOf(db, issueId);
    // The page reads a limited number of deliveries.
    expect(await large(async (seen) => (found = await problemsOf(seen, issueId)), 1_000)).toEqual([]);
    const [problem] = found;
    if (problem === undefined) throw new Error('no problem');
    const asked = { issueId, problem, act: 'resend' as const, reply: problem.reply };
    // It looks at 10,001 deliveries at most before it says "up to".
    const begin = (seen: Db) => beginProblemAct({ ...deps, db: seen }, asked, 12_000);
    expect(await large(begin, 10_001)).toEqual([]);
    const { id } = await db.one<{ id: string }>('select id from problem_acts where issue_id = $1', [issueId]);
    const oneLot = (seen: Db) => {
      let lots = 0;
      return runProblemAct({ ...deps, db: seen, stopping: () => lots++ > 0 }, { actId: id });
    };
    expect(await large(oneLot, 1_000)).toEqual([]);
  });
});
