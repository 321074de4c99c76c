// The fan-out inserts deliveries in one session and moves read_through in another. A death between their commits, or a
// reader who changes between their statements, must miss no reader and mail none twice.
import type { Db } from '../../src/db.js';
import { cancelIssue } from '../../src/delivery/change-deliveries.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { Died, dyingAfter } from '../support/dying.js';
import { useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  changeReader,
  fanOutNext,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
  sweep,
} from '../support/newsroom.js';

const database = useDatabase();
const readers = 3;

async function dueIssue(prefix: string): Promise<{ newsletterId: string; issueId: string }> {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makePosts(db, id, [{ title: 'one' }]);
  await makeReaders(db, id, readers, { prefix });
  const made = await assembleNow(assembleDeps(db), { newsletterId: id });
  if (made.status !== 'created') throw new Error(made.status);
  return { newsletterId: id, issueId: made.issueId };
}

const countDeliveries = async (issueId: string): Promise<number> =>
  (
    await database.db.one<{ count: number }>(
      'select count(*)::int as count from deliveries where issue_id = $1',
      [issueId],
    )
  ).count;

/** Fans an issue out in processes that die one step later each, until one leaves deliveries behind. */
async function dieBetweenTheCommits(issueId: string): Promise<void> {
  for (let steps = 0; steps < 100; steps += 1) {
    const dying = dyingAfter(database.db, steps);
    await assemble(assembleDeps(dying.db), issueId).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error;
    });
    if ((await countDeliveries(issueId)) > 0) return;
  }
  throw new Error('no death left deliveries behind');
}

test('a death between the commits: nobody is sent to or moved, and the next call starts again', async () => {
  const { db } = database;
  const { newsletterId, issueId } = await dueIssue('again');
  await dieBetweenTheCommits(issueId);
  const before = await db.one<{ fannedOutAt: Date | null; moved: number }>(
    `select fanned_out_at, (select count(*)::int from subscriptions where newsletter_id = $2 and read_through > 0) as moved
     from issues where id = $1`,
    [issueId, newsletterId],
  );
  expect(before).toEqual({ fannedOutAt: null, moved: 0 });
  const queue = rememberingQueue();
  await sweep(db, queue.enqueue);
  expect(queue.jobs.filter(({ payload }) => payload.kind === 'batch')).toEqual([]);

  // A reader who left meanwhile is in what was left behind, and must not be in the issue.
  await changeReader(db, { address: 'again1@readers.example.org', newsletterId }, { status: 'unsubscribed' });
  await assemble(assembleDeps(db), issueId);
  expect(await countDeliveries(issueId)).toBe(readers - 1);
  expect(
    await db.one('select candidates, batches from issues where id = $1 and fanned_out_at is not null', [
      issueId,
    ]),
  ).toEqual({ candidates: readers - 1, batches: 1 });
  const { status } = await assembleNow(assembleDeps(db), { newsletterId });
  expect(status).not.toBe('created');
});

test('a death between the commits, then a cancellation: the next issue brings the posts', async () => {
  const { db } = database;
  const { newsletterId, issueId } = await dueIssue('cancelled');
  await dieBetweenTheCommits(issueId);
  const deps = { ...assembleDeps(db), enqueue: rememberingQueue().enqueue };
  expect(await cancelIssue(deps, { issueId })).toEqual({ ok: true });
  expect(await countDeliveries(issueId)).toBe(0);
  expect(await db.query('select queued from issue_counts where issue_id = $1', [issueId])).toEqual([]);
  const next = await fanOutNext(assembleDeps(db), newsletterId);
  expect(await countDeliveries(next)).toBe(readers);
});

/** A view of `db` in which `between` runs after the deliveries are inserted, and before read_through is moved. */
function between(db: Db, run: () => Promise<void>): Db {
  let inserted = (): void => undefined;
  const isInserted = new Promise<void>((resolve) => (inserted = resolve));
  let runs = 0;
  const wrap = (inner: Db): Db => ({
    ...inner,
    async one<Row extends object>(text: string, params?: readonly unknown[]) {
      if (text.includes('update subscriptions')) {
        await isInserted;
        runs += 1;
        if (runs === 1) await run();
      }
      const row = await inner.one<Row>(text, params);
      if (text.includes('insert into deliveries')) inserted();
      return row;
    },
    transaction: (work) => inner.transaction((tx) => work(wrap(tx))),
  });
  return wrap(db);
}

test('a reader who leaves between the statements: both are done again', async () => {
  const { db } = database;
  const { newsletterId, issueId } = await dueIssue('leaving');
  let left = 0;
  const deps = assembleDeps(
    between(db, async () => {
      left += 1;
      await changeReader(
        db,
        { address: 'leaving2@readers.example.org', newsletterId },
        { status: 'unsubscribed' },
      );
    }),
  );
  await assemble(deps, issueId);
  expect(left).toBe(1);
  expect(await countDeliveries(issueId)).toBe(readers - 1);
  expect(
    await db.query(
      `select s.read_through > 0 as moved, d.issue_id is not null as mailed from subscriptions s
       left join deliveries d on d.issue_id = $1 and d.subscription_id = s.id where s.newsletter_id = $2 order by s.id`,
      [issueId, newsletterId],
    ),
  ).toEqual([
    { moved: true, mailed: true },
    { moved: false, mailed: false },
    { moved: true, mailed: true },
  ]);
});

/** A view of `db` in which one statement takes longer than the server lets a transaction be idle. */
function slowly(db: Db, statement: string): Db {
  const wrap = (inner: Db): Db => ({
    ...inner,
    async one<Row extends object>(text: string, params?: readonly unknown[]) {
      if (text.includes(statement)) await inner.query('select pg_sleep(2.5)');
      return inner.one<Row>(text, params);
    },
    transaction: (work) =>
      inner.transaction(async (tx) => {
        await tx.query(`set local idle_in_transaction_session_timeout = '1s'`);
        return work(wrap(tx));
      }),
  });
  return wrap(db);
}

test.each(['insert into deliveries', 'update subscriptions'])(
  'one session waits longer for “%s” of the other than a transaction may be idle',
  async (statement) => {
    const { issueId } = await dueIssue(`slow-${statement.split(' ', 1)[0] ?? ''}`);
    await assemble(assembleDeps(slowly(database.db, statement)), issueId);
    expect(await countDeliveries(issueId)).toBe(readers);
  },
);
