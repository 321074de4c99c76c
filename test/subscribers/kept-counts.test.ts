// The kept numbers of readers equal those that counting gives, whatever happens to subscriptions.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import {
  checkReaderCounts,
  countBySource,
  countByStatus,
  countByTopic,
  repairReaderCounts,
  sumReaderCounts,
} from '../../src/subscribers/count-readers.js';
import { deleteNewsletter } from '../../src/newsletters/delete-newsletter.js';
import { checkSums, sumKeptNumbers } from '../../src/statistics/keep-sums.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';

const database = useDatabase();
const time = fc.constantFrom('null', `'2026-01-01'`, `'2026-01-02'`, `'2026-01-03'`);

test('after any changes, of one row or many', async () => {
  const { db } = database;
  const ids = [(await makeNewsletter(db)).id, (await makeNewsletter(db)).id];
  await db.query(
    `insert into reading_times (newsletter_id, frequency, send_time, timezone)
     select id, frequency, '18:00', 'UTC' from newsletters, unnest('{daily,weekly}'::text[]) frequency`,
  );
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          at: fc.constantFrom(0, 1),
          does: fc.constantFrom('add', 'change', 'choose', 'come', 'read', 'delete', 'merge', 'offer', 'sum'),
          column: fc.constantFrom('confirmed_at', 'unsubscribed_at', 'expired_at'),
          to: time,
          via: fc.constantFrom('null', `'form'`, `'import'`),
          frequency: fc.constantFrom('daily', 'weekly', 'never'),
          topics: fc.constantFrom(`null`, `'{Tea}'`, `'{Tea,"Green, \\"sweet\\" tea"}'`, `'{}'`),
        }),
        { minLength: 3, maxLength: 12 },
      ),
      async (steps) => {
        for (const { at, does, column, to, topics, via, frequency } of steps) {
          const id = ids[at] ?? '';
          if (does === 'add') await makeReaders(db, id, 5, { prefix: `r${(round += 1)}-` });
          const some = `newsletter_id = $1 and subscriber_id % 3 = ${round % 3}`;
          if (does === 'change')
            await db.query(`update subscriptions set ${column} = ${to} where ${some}`, [id]);
          if (does === 'choose')
            await db.query(`update subscriptions set topics = ${topics} where ${some}`, [id]);
          if (does === 'come') await db.query(`update subscriptions set via = ${via} where ${some}`, [id]);
          if (does === 'read')
            await db.query(
              `update subscriptions s set reading_time_id = (select min(t.id) from reading_times t
                 where t.newsletter_id = $1 and t.frequency = $2) where ${some}`,
              [id, frequency],
            );
          if (does === 'merge')
            await db.query(
              `update subscriptions s set subscriber_id = (select max(id) from subscribers)
               where id = (select min(id) from subscriptions where ${some}) and not exists
                 (select from subscriptions o where o.newsletter_id = $1 and o.subscriber_id = (select max(id) from subscribers))`,
              [id],
            );
          if (does === 'delete') await db.query(`delete from subscriptions where ${some}`, [id]);
          if (does === 'offer')
            await db.query(`update subscriptions set read_through = 7 where newsletter_id = $1`, [id]);
          if (does === 'sum') await sumKeptNumbers({ db, now: () => new Date() });
        }
        expect(await checkReaderCounts(db)).toEqual([]);
        expect(await checkSums(db)).toEqual([]);
      },
    ),
    { numRuns: 25 },
  );
});

test('the fan-out, which changes no status, writes no count', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 100, { prefix: 'still' });
  const rows = () =>
    db.one<{ rows: number }>(
      'select (select count(*) from reader_counts)::int + (select count(*) from topic_counts)::int + (select count(*) from filter_counts)::int + (select count(*) from daily_sums)::int as rows',
    );
  const before = await rows();
  await db.query('update subscriptions set read_through = read_through + 1 where newsletter_id = $1', [id]);
  expect(await rows()).toEqual(before);
  expect((await countByStatus(db, id)).active).toBe(100);
});

test('a wrong number is found and repaired', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 3, { prefix: 'wrong' });
  await db.query(`update subscriptions set topics = '{Tea}' where newsletter_id = $1`, [id]);
  await db.query(`insert into reader_counts values ($1, 'active', 4), ($1, 'pending', -2)`, [id]);
  await db.query(`insert into topic_counts values ($1, 'Tea', 'active', -1), ($1, 'Milk', 'active', 1)`, [
    id,
  ]);
  await db.query(`update subscriptions set via = 'form' where newsletter_id = $1`, [id]);
  await db.query(
    `insert into filter_counts values ($1, 'source', 'form', 2), ($1, 'frequency', 'weekly', 1), ($1, 'thousand', '0000000000000999', -1)`,
    [id],
  );
  const of = (
    filter: string | null,
    value: string | null,
    status: string | null,
    kept: number,
    counted: number,
  ) => ({
    newsletterId: id,
    filter,
    value,
    status,
    kept,
    counted,
  });
  const wrong = [
    of(null, null, 'active', 7, 3),
    of(null, null, 'pending', -2, 0),
    of('frequency', 'weekly', null, 1, 0),
    of('source', 'form', null, 5, 3),
    of('thousand', '0000000000000999', null, -1, 0),
    of('topic', 'Milk', 'active', 1, 0),
    of('topic', 'Tea', 'active', 2, 3),
  ];
  expect(await checkReaderCounts(db)).toEqual(wrong);
  expect(await repairReaderCounts(db)).toEqual(wrong);
  expect(await checkReaderCounts(db)).toEqual([]);
  expect(await countByStatus(db, id)).toEqual({ active: 3, pending: 0, unsubscribed: 0, expired: 0 });
  expect([...(await countByTopic(db, id))].filter(([, readers]) => readers > 0)).toEqual([['Tea', 3]]);
});

test('two sums at once lose nothing', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  for (let n = 0; n < 20; n += 1) await makeReaders(db, id, 2, { prefix: `sum${n}-` });
  await Promise.all([
    sumReaderCounts({ db }),
    sumReaderCounts({ db }),
    makeReaders(db, id, 2, { prefix: 'meanwhile' }),
  ]);
  await sumReaderCounts({ db });
  expect(await checkReaderCounts(db)).toEqual([]);
  expect((await countByStatus(db, id)).active).toBe(42);
  const { rows } = await db.one<{ rows: number }>(
    `select count(*)::int as rows from reader_counts where newsletter_id = $1`,
    [id],
  );
  expect(rows).toBe(1);
});

test('a deleted newsletter leaves no count', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 3, { prefix: 'deleted' });
  expect(await deleteNewsletter({ db }, { id })).toEqual({ ok: true });
  for (const table of ['reader_counts', 'filter_counts'])
    expect(await db.query(`select * from ${table} where newsletter_id = $1`, [id])).toEqual([]);
  expect(await checkReaderCounts(db)).toEqual([]);
});

test('the migration counts the readers that are there', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 5, { prefix: 'there' });
  await db.query(`update subscriptions set via = 'form' where newsletter_id = $1`, [id]);
  const { readers } = await db.one<{ readers: number }>('select count(*)::int as readers from filter_counts');
  expect(readers).toBeGreaterThan(1);
  await db.transaction(async (tx) => {
    await tx.query('drop table filter_counts');
    for (const name of ['added', 'removed', 'changed'])
      await tx.query(`drop function count_${name}_filters cascade`);
    await tx.query('drop function filters_of');
    await tx.query(await readFile('src/migrations/014-filter-counts.sql', 'utf8'));
  });
  expect(await checkReaderCounts(db)).toEqual([]);
  expect((await countBySource(db, id)).get('form')).toBe(5);
});
