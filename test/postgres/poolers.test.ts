// Poolers in front of PostgreSQL that give each transaction another session.
import { openDatabase } from '../../src/db.js';
import { isTransactionPooled } from '../../src/postgres/pooler.js';
import { useDatabase } from '../support/fixture.js';
import { startTransactionPooler, type TransactionPooler } from '../support/transaction-pooler.js';

const database = useDatabase();
let pooler: TransactionPooler;
beforeEach(async () => {
  pooler = await startTransactionPooler(database.url);
});
afterEach(() => pooler.close());

test('a database without a pooler is none', async () => {
  expect(await isTransactionPooled(database.url)).toBe(false);
});

test('a pooler by transaction is found', async () => {
  expect(await isTransactionPooled(pooler.url)).toBe(true);
});

test('with one session alone too', async () => {
  const small = await startTransactionPooler(database.url, 1);
  expect(await isTransactionPooled(small.url)).toBe(true);
  await small.close();
}, 30_000);

test('web’s statements and transactions work through it, and leave no setting in its sessions', async () => {
  const db = openDatabase({ url: pooler.url, max: 4, pooled: true, statementTimeout: 60_000 });
  const named = { name: 'of-one-session', plan: 'generic' } as const;
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => db.query<{ n: number }>('select $1::int as n', [n], named)),
  );
  expect(answers.flat().map(({ n }) => n)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  const within = await db.transaction(async (tx) => [
    await tx.one('select pg_backend_pid() as pid'),
    await tx.one('select pg_backend_pid() as pid'),
  ]);
  expect(within[0]).toEqual(within[1]);
  expect(await db.one(`select current_setting('statement_timeout') as timeout`)).toEqual({ timeout: '0' });
  await db.end();
});
