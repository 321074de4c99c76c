// PostgreSQL ends a connection that somebody has borrowed and says nothing over at the moment: no process ends by it.
import { openDatabase } from '../src/db.js';
import { testDatabase, type TestDatabase } from './support/database.js';
import { waitUntil } from './support/wait.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('a connection that is lost while somebody has it is replaced', async () => {
  const db = openDatabase({ url: database.url, max: 1 });
  // As BullMQ does, which listens to nothing.
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
