// Connections whose packets vanish, as after a failover or when a NAT has forgotten them.
import { openDatabase, type Database } from '../src/db.js';
import { openQueues } from '../src/queues.js';
import { startApp } from './support/app.js';
import { testDatabase, type TestDatabase } from './support/database.js';
import { startDroppingProxy, type DroppingProxy } from './support/dropping-proxy.js';
import { makeNewsletter, quiet } from './support/newsroom.js';
import { waitUntil } from './support/wait.js';

/** Milliseconds; the product waits for 5,000. */
const silence = 500;
/** Much more than it takes, and much less than TCP's 15 minutes. */
const inTime = 30_000;

let database: TestDatabase;
let proxy: DroppingProxy;
let through: Database;
let told: Error[] = [];
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  told = [];
  proxy = await startDroppingProxy(database.url);
  through = openDatabase({ url: proxy.url, max: 4, silence, onError: (error) => told.push(error) });
});
afterEach(async () => {
  await through.end();
  await proxy.close();
});
afterAll(() => database.close());

test(
  'a statement fails in time, and the next ones get new connections at once',
  async () => {
    const pids = await Promise.all(
      [1, 2, 3].map(() => through.one('select pg_backend_pid(), pg_sleep(0.2)::text')),
    );
    expect(pids).toHaveLength(3);
    proxy.drop();
    await expect(through.query('select 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(told[0]?.message).toMatch(/did not answer for \d+ ms/);
    const asked = performance.now();
    for (const _ of pids) await through.query('select 1');
    // Three dropped connections would be silent for three times as long.
    expect(performance.now() - asked).toBeLessThan(2 * silence);
  },
  inTime,
);

test(
  'a slow statement is no lost connection',
  async () => {
    await through.query('select pg_sleep($1)', [(6 * silence) / 1_000]);
    expect(told).toEqual([]);
  },
  inTime,
);

test(
  'a statement fails in time when no new connection is possible either',
  async () => {
    await through.query('select 1');
    proxy.drop();
    proxy.dropNew(true);
    await expect(through.query('select 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  },
  inTime,
);

test(
  "a lost transaction's locks are free soon after",
  async () => {
    const { id } = await makeNewsletter(database.db);
    const rename = 'update newsletters set name = $2 where id = $1';
    const lost = through.transaction(async (tx) => {
      await tx.query(rename, [id, 'lost']);
      proxy.drop();
      await tx.query('select 1');
    });
    await expect(lost).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await database.db.query(rename, [id, 'kept']);
    expect(await database.db.one('select name from newsletters where id = $1', [id])).toEqual({
      name: 'kept',
    });
  },
  inTime,
);

test(
  'a request in flight is answered with 503',
  async () => {
    const app = await startApp({ db: through, url: database.url });
    expect((await app.api('GET', '/newsletters')).status).toBe(200);
    proxy.drop();
    expect((await app.api('GET', '/newsletters')).status).toBe(503);
    expect((await app.api('GET', '/newsletters')).status).toBe(200);
    await app.close();
  },
  inTime,
);

test(
  'an idle worker takes a job that others enqueue',
  async () => {
    const waiting = openQueues({ databaseUrl: proxy.url, silence, log: quiet });
    const others = openQueues({ databaseUrl: database.url, log: quiet });
    let planned = 0;
    waiting.work('issues', async () => void (planned += 1), 1);
    await others.enqueue('issues', { kind: 'plan' });
    await waitUntil(() => planned === 1, inTime, 'the first job');
    // Until it is recorded as done, another one would be the same job.
    await waitUntil(async () => (await others.depths()).issues === 0, inTime, 'the end of the first job');
    expect(proxy.drop()).toBeGreaterThan(0);
    await others.enqueue('issues', { kind: 'plan' });
    await waitUntil(() => planned === 2, inTime, 'the second job');
    await waiting.close();
    await others.close();
  },
  2 * inTime,
);
