// PostgreSQL ends a borrowed connection that is idle at that moment: the process must survive.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../src/db.js';
import { openQueues } from '../src/queues.js';
import { testDatabase, type TestDatabase } from './support/database.js';
import { quiet } from './support/newsroom.js';
import { waitUntil } from './support/wait.js';
import { allowSlowTests } from './support/time-limit.js';

allowSlowTests();

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('a connection that is lost while it is in use is replaced', async () => {
  const db = openDatabase({ url: database.url, max: 1 });
  // Adds no error listener, as BullMQ does.
  const client = await db.pool.connect();
  let ended = false;
  client.once('end', () => (ended = true));
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await database.db.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await waitUntil(() => ended, 30_000, 'the connection to end');
  client.release();
  expect(await db.one('select 1 as one')).toEqual({ one: 1 });
  await db.end();
});

test('between two statements of a transaction, that one fails and the next succeeds', async () => {
  const db = openDatabase({ url: database.url, max: 1 });
  const lost = db.transaction(async (tx) => {
    const { pid } = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
    await database.db.query('select pg_terminate_backend($1)', [pid]);
    await waitUntil(
      async () =>
        (await database.db.query('select 1 from pg_stat_activity where pid = $1', [pid])).length === 0,
      30_000,
      'the connection to end',
    );
    await tx.query('select 1');
  });
  await expect(lost).rejects.toThrow(/terminat|not queryable/);
  expect(await db.transaction((tx) => tx.one('select 1 as one'))).toEqual({ one: 1 });
  await db.end();
});

test('queues recover if their connections are lost while they are set up', async () => {
  const own = await testDatabase();
  for (let round = 0; round < 12; round += 1) {
    await own.db.query('drop schema if exists bullmq cascade');
    const queues = openQueues({ databaseUrl: own.url, log: quiet });
    let planned = 0;
    queues.work('issues', async () => void (planned += 1), 1);
    void queues.enqueue('issues', { kind: 'plan' });
    for (let moment = 0; moment < 3; moment += 1) {
      await delay(Math.random() * 60);
      await database.db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = $1 and state is not null and pid <> pg_backend_pid()`,
        [new URL(own.url).pathname.slice(1)],
      );
    }
    await waitUntil(() => queues.enqueue('issues', { kind: 'plan' }), 30_000, 'a job to be enqueued');
    await waitUntil(() => planned > 0, 60_000, 'a job to be done');
    expect(await queues.ping()).toBeUndefined();
    await queues.close();
  }
  await own.close();
});
