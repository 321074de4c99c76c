// During an import, a worker dies or PostgreSQL stops. Each row of the file is imported exactly once.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Database } from '../../src/db.js';
import { openQueues } from '../../src/queues.js';
import { getImport } from '../../src/imports/get-import.js';
import { receiveImport } from '../../src/imports/receive-import.js';
import { startImport } from '../../src/imports/start-import.js';
import { ownCluster, testDatabase } from '../support/database.js';
import { makeNewsletter, quiet } from '../support/newsroom.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { ageImport } from '../support/signs-of-life.js';
import { waitUntil } from '../support/wait.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';

const readers = 40_000;
const now = () => new Date();
/** No server listens here: the test sends no mail. */
const smtpUrl = 'smtp://127.0.0.1:9';

async function* file(): AsyncGenerator<Buffer> {
  yield Buffer.from('email,name,status\n');
  for (let n = 0; n < readers; n += 1000)
    yield Buffer.from(
      Array.from(
        { length: 1000 },
        (_, at) =>
          `reader${n + at}@example.org,Reader ${n + at},${at % 10 === 0 ? 'unsubscribed' : 'active'}\n`,
      ).join(''),
    );
}

/** Stores an import for the worker processes to run. */
async function begin(db: Database, databaseUrl: string, queue: TestQueueBackend): Promise<string> {
  const { id: newsletterId } = await makeNewsletter(db);
  const kept = await receiveImport({ db, now }, { newsletterId, body: file() });
  if (kept.status !== 'received') throw new Error(kept.status);
  const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl, log: quiet });
  const started = await startImport(
    { db, now, enqueue: queues.enqueue },
    { received: kept.received, contentType: 'text/csv' },
  );
  await queues.close();
  if (started.status !== 'accepted') throw new Error(started.detail);
  return started.id;
}

const rowsOf = async (db: Database, id: string): Promise<number> => (await getImport({ db }, id))?.rows ?? 0;

/** Waits for the end and asserts that each row was imported once. */
async function prove(db: Database, id: string, within: number): Promise<void> {
  const isOver = async () => (await getImport({ db }, id))?.state === 'finished';
  await waitUntil(isOver, within, 'the end of the import');
  expect(await getImport({ db }, id)).toMatchObject({
    rows: readers,
    created: readers,
    updated: 0,
    skipped: 0,
    statuses: { active: readers * 0.9, unsubscribed: readers * 0.1 },
  });
  expect(
    await db.one(
      `select (select count(*) from subscribers)::int as subscribers,
         (select count(distinct subscriber_id) from subscriptions)::int as subscriptions,
         (select count(distinct subscription_id) from consents)::int as with_consent,
         (select count(*) from consents)::int as consents,
         (select count(*) from import_rows where outcome = 'created')::int as rows,
         (select count(*) from import_chunks)::int as chunks`,
    ),
  ).toEqual({
    subscribers: readers,
    subscriptions: readers,
    withConsent: readers,
    consents: readers,
    rows: readers,
    chunks: 0,
  });
}

onEachQueue('an import', (backend) => {
  let queue: TestQueueBackend;
  let workers: WorkerProcess[] = [];
  beforeEach(async () => {
    queue = await startQueueBackend(backend);
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    workers = [];
    await queue.close();
  });

  test('continues where killed workers stopped', async () => {
    const database = await testDatabase();
    const { db, url } = database;
    const environment = { databaseUrl: url, queueUrl: queue.queueUrl, smtpUrl };
    const id = await begin(db, url, queue);
    for (const share of [0.1, 0.3]) {
      const worker = await startWorker(environment);
      workers.push(worker);
      await waitUntil(async () => (await rowsOf(db, id)) > readers * share, 60_000, 'some rows');
      // Kill the worker at a random moment.
      await delay(Math.random() * 200);
      await worker.end('SIGKILL');
      expect(await rowsOf(db, id)).toBeLessThan(readers);
    }
    workers.push(await startWorker(environment), await startWorker(environment));
    await prove(db, id, 120_000);
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await database.close();
  }, 300_000);

  test('continues when PostgreSQL is back', async () => {
    const cluster = await ownCluster();
    const db = openDatabase({ url: cluster.url, onError: () => undefined });
    const environment = { databaseUrl: cluster.url, queueUrl: queue.queueUrl, smtpUrl };
    const id = await begin(db, cluster.url, queue);
    workers.push(await startWorker(environment));
    await waitUntil(async () => (await rowsOf(db, id)) > readers * 0.2, 60_000, 'some rows');
    cluster.kill();
    await delay(2_000);
    await cluster.restart();
    const stands = await getImport({ db }, id);
    expect(stands).toMatchObject({ state: 'running', failure: null });
    expect(stands?.rows).toBeLessThan(readers);
    await ageImport(db, id);
    await prove(db, id, 120_000);
    expect(workers.map(({ running }) => running)).toEqual([true]);
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await db.end();
    await cluster.close();
  }, 300_000);
});
