// SIGKILL of a delivery worker in mid-batch, again and again: at the end nobody is mailed twice and everybody is in a
// named state. FAULT_KILLS sets how often (npm run fault: 100).
import { reportDeadWorker } from '../../src/delivery/recover.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { openQueues } from '../../src/queues.js';
import { setTimeout as delay } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders, quiet } from '../support/newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from '../support/proof.js';
import { onEachQueue, startQueueBackend, type TestQueueBackend } from '../support/queues.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { startWorker, type WorkerProcess } from '../support/worker-process.js';

const kills = Number(process.env['FAULT_KILLS'] ?? 5);
const connections = 10;
const readers = 3_000;

onEachQueue('a killed delivery worker', (backend) => {
  let database: TestDatabase;
  let queue: TestQueueBackend;
  let sink: Sink;
  let worker: WorkerProcess | undefined;
  beforeAll(async () => {
    database = await testDatabase();
    queue = await startQueueBackend(backend);
    sink = await startSink();
  });
  afterAll(async () => {
    await worker?.end('SIGKILL');
    await sink.close();
    await queue.close();
    await database.close();
  });

  test(
    `mails nobody twice and misses nobody, killed ${kills} times`,
    async () => {
      const { db } = database;
      const { id: newsletterId } = await makeNewsletter(db);
      await makePosts(db, newsletterId, 3);
      await makeReaders(db, newsletterId, readers);
      const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: database.url, log: quiet });
      const made = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId });
      if (made.status !== 'created') throw new Error(made.status);
      await queues.close();
      // Some answers take a while, so that a kill finds hand-overs at every stage.
      sink.onStage((stage) =>
        stage === 'rcpt' || stage === 'dot' ? Math.round(Math.random() * 12) : undefined,
      );
      const environment = {
        databaseUrl: database.url,
        queueUrl: queue.queueUrl,
        smtpUrl: `${sink.url}?connections=${connections}`,
      };
      for (let kill = 0; kill < kills; kill += 1) {
        const before = sink.messages.length;
        worker = await startWorker(environment);
        await Promise.race([sink.waitFor(before + 1, 60_000), delay(60_000)]);
        await delay(Math.random() * 300);
        await worker.end('SIGKILL');
        // As the parent of the worker processes does.
        await reportDeadWorker(db, worker.pid);
      }
      sink.onStage(undefined);
      worker = await startWorker(environment);
      await waitForFinish(db, made.issueId, 120_000);
      await proveNobodyMissedNobodyTwice(db, made.issueId, sink, {
        readers,
        // Each kill finds at most two lots on their way, each no larger than the open connections.
        uncertainAtMost: kills * 2 * connections,
      });
      expect(sink.messages.length).toBeGreaterThan(readers - kills * 2 * connections - 1);
    },
    120_000 + kills * 60_000,
  );
});
