// The database connection breaks during a turn, before or after its commit. Known results are recorded once,
// and lots whose claim got no answer are handed over once.
import type { Db } from '../../src/db.js';
import { recover } from '../../src/delivery/recover.js';
import { useDatabase } from '../support/fixture.js';
import { deliveryDeps, issueFor, quiet, rememberingQueue, sendAll } from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice } from '../support/proof.js';
import { startSink } from '../support/smtp-sink.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const readers = 12;

const database = useDatabase();

/** A view of `db` whose connection breaks at turn number `turn`. */
function breaking(db: Db, turn: number, when: 'before' | 'after'): Db & { readonly broke: boolean } {
  let turns = 0;
  return {
    ...db,
    get broke() {
      return turns >= turn;
    },
    async query(...said: Parameters<Db['query']>) {
      const isTurn = said[0].includes('with ended as');
      if (isTurn) turns += 1;
      const breaks = isTurn && turns === turn;
      if (breaks && when === 'before') throw Object.assign(new Error('gone'), { code: '57P01' });
      const rows = await db.query(...said);
      if (breaks) throw Object.assign(new Error('gone'), { code: '57P01' });
      return rows as never;
    },
  };
}

// 12 readers over 5 connections make three lots and a last turn that finds none.
const turns = [1, 2, 3, 4].flatMap((turn) => [[turn, 'before'] as const, [turn, 'after'] as const]);

test.each(turns)('turn %i breaks %s its commit', async (turn, when) => {
  const { issueId } = await issueFor(database.db, readers);
  const sink = await startSink();
  const deps = await deliveryDeps(database.db, sink.url, { connections: 5 });
  const db = breaking(database.db, turn, when);
  await sendAll({ ...deps, db }, issueId);
  expect(db.broke).toBe(true);
  await proveNobodyMissedNobodyTwice(database.db, issueId, sink, { readers, uncertainAtMost: 0 });
  await deps.close();
  await sink.close();
});

test('after a failing relay and a commit without an answer, the readers are queued once', async () => {
  const { issueId } = await issueFor(database.db, readers);
  const sink = await startSink({
    reply: (stage) => (stage === 'mail' ? { code: 421, text: 'not now' } : undefined),
  });
  const pauses = { first: 60_000, longest: 60_000 };
  const deps = await deliveryDeps(database.db, sink.url, { connections: 5, pauses });
  await sendAll({ ...deps, db: breaking(database.db, 2, 'after') }, issueId);
  const states = await database.db.query(
    'select distinct state, attempts, worker_id from deliveries where issue_id = $1',
    [issueId],
  );
  expect(states).toEqual([{ state: 'queued', attempts: 0, workerId: null }]);
  await deps.close();
  await sink.close();
});

test('a worker that counted as dead returns readers to a finished issue, which opens it again', async () => {
  const { issueId } = await issueFor(database.db, readers);
  await database.db.query(
    `update deliveries set state = 'uncertain', reason = 'worker-died' where issue_id = $1`,
    [issueId],
  );
  const deps = { db: database.db, enqueue: rememberingQueue().enqueue, log: quiet, now: () => new Date() };
  await recover(deps);
  const finished = () =>
    database.db.one<{ finished: boolean }>(
      'select finished_at is not null as finished from issues where id = $1',
      [issueId],
    );
  expect(await finished()).toEqual({ finished: true });
  await database.db.query(`update deliveries set state = 'queued', reason = null where issue_id = $1`, [
    issueId,
  ]);
  await recover(deps);
  expect(await finished()).toEqual({ finished: false });
});
