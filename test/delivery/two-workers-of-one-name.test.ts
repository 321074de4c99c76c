// Two containers may have one host name, and their workers the same pid.
import { randomUUID } from 'node:crypto';
import { livingWorkers, ranksOf } from '../../src/delivery/living-workers.js';
import { registerWorker, reportDeadWorker } from '../../src/delivery/recover.js';
import { useDatabase } from '../support/fixture.js';

const database = useDatabase();

beforeEach(async () => {
  await database.db.query('delete from delivery_workers');
});

const ended = async (worker: { id: string }): Promise<boolean> => {
  const row = await database.db.one<{ ended: boolean }>(
    'select ended_at is not null as ended from delivery_workers where id = $1',
    [worker.id],
  );
  return row.ended;
};

test('the death of a worker does not end another one with the same host name and pid', async () => {
  const { db } = database;
  const [one, other] = [randomUUID(), randomUUID()];
  const dead = await registerWorker(db, one);
  const living = await registerWorker(db, other);
  await reportDeadWorker(db, one);
  expect([await ended(dead), await ended(living)]).toEqual([true, false]);
});

test('a sign of life takes an end back', async () => {
  const { db } = database;
  const worker = await registerWorker(db);
  await db.query('update delivery_workers set ended_at = now() where id = $1', [worker.id]);
  expect(await livingWorkers(db)).toBe(0);
  await worker.beat();
  expect(await ended(worker)).toBe(false);
  expect(await livingWorkers(db)).toBe(1);
});

test('a sign of life under way does not take back an end that the worker reported itself', async () => {
  const worker = await registerWorker(database.db);
  const beating = worker.beat();
  await worker.end();
  await beating;
  await worker.beat();
  expect(await ended(worker)).toBe(true);
});

test('a worker of another container counts, although no process here has its pid', async () => {
  const { db } = database;
  const worker = await registerWorker(db);
  const elsewhere = await registerWorker(db);
  await db.query('update delivery_workers set pid = 2147483646 where id = $1', [elsewhere.id]);
  expect((await ranksOf(db, worker.id, 1)).everywhere).toEqual({ index: 0, of: 1 });
  await db.query(`update delivery_workers set pid_space = 'another container' where id = $1`, [elsewhere.id]);
  expect(await ranksOf(db, worker.id, 1)).toEqual({
    everywhere: { index: 0, of: 2 },
    here: { index: 0, of: 2 },
  });
});
