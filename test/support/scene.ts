// The set-up of every fault test: an issue for many readers, a slow relay, and worker processes that the test
// may kill. At the end it runs the proof and stops every process.
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Db } from '../../src/db.js';
import type { IssueView } from '../../src/reports/progress.js';
import { reportDeadWorker } from '../../src/delivery/recover.js';
import { settleDeadWorkers } from '../../src/delivery/settle-dead-workers.js';
import { minute } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { openQueues } from '../../src/queues.js';
import { testDatabase } from './database.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders, noted, quiet } from './newsroom.js';
import { proveNobodyMissedNobodyTwice, waitForFinish } from './proof.js';
import { startQueueBackend, type QueueBackend, type TestQueueBackend } from './queues.js';
import { startSink, type Sink } from './smtp-sink.js';
import { startWorker, testDataDir, type WorkerEnvironment, type WorkerProcess } from './worker-process.js';

/** Each worker process's connections to the relay. */
export const connections = 10;
/** Each process has two lots under way, and a lot is at most as large as its connections. */
export const uncertainPerDeath = 2 * connections;

export interface Scene {
  readonly db: Db;
  readonly sink: Sink;
  readonly queue: TestQueueBackend;
  readonly newsletterId: string;
  readonly issueId: string;
  readonly readers: number;
  /** For processes that the test starts itself. */
  readonly environment: WorkerEnvironment;
  /** The workers that were not killed. */
  readonly workers: readonly WorkerProcess[];
  /** `changes`: the addresses of proxies in front of the servers. */
  startWorker(changes?: Partial<WorkerEnvironment>): Promise<WorkerProcess>;
  /** Kills a worker as a crash does. Its parent notices at once. */
  kill(worker: WorkerProcess): Promise<void>;
  /** Waits until the relay has taken `share` (0 to 1) of the messages. */
  taken(share: number): Promise<void>;
  /** Removes the relay's delays, waits for the finish, and runs the proof of proof.ts. */
  finish(options: { uncertainAtMost: number; within?: number }): Promise<IssueView['counts']>;
  close(): Promise<void>;
}

export interface SceneOptions {
  backend: QueueBackend;
  readers: number;
  /** The relay delays its answers to RCPT and to the final dot by a random time up to this. Milliseconds. */
  pace?: number;
  /** A separate, migrated server. Undefined: the run's shared server. */
  databaseUrl?: string;
  /** More options of SMTP_URL. */
  relayOptions?: string;
  /** The relay of processes that are already running. Undefined: the scene starts one. */
  sink?: Sink;
}

/** Opens a scene with a requested, not yet assembled issue and no running worker. */
export async function openScene({
  backend,
  readers,
  pace = 60,
  databaseUrl,
  relayOptions = '',
  sink: given,
}: SceneOptions): Promise<Scene> {
  const own = databaseUrl === undefined ? await testDatabase() : openOwn(databaseUrl);
  const { db, url } = own;
  const queue = await startQueueBackend(backend);
  const sink = given ?? (await startSink());
  sink.onStage((stage) =>
    stage === 'rcpt' || stage === 'dot' ? Math.round(Math.random() * pace) : undefined,
  );
  const { id: newsletterId } = await makeNewsletter(db);
  await makePosts(db, newsletterId, 3);
  await makeReaders(db, newsletterId, readers);
  const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: url, log: quiet });
  const made = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId });
  await queues.close();
  if (made.status !== 'created') throw new Error(made.status);
  const { issueId } = made;
  const workers: WorkerProcess[] = [];
  const withWorkersWords = (error: Error): never => {
    const said = workers.map((worker) => worker.log()).join('\n');
    throw new Error(`${error.message}; the workers said:\n${said.slice(-4_000)}`, { cause: error });
  };
  const environment = {
    databaseUrl: url,
    queueUrl: queue.queueUrl,
    smtpUrl: `${sink.url}?connections=${connections}${relayOptions}`,
  };
  return {
    db,
    sink,
    queue,
    newsletterId,
    issueId,
    readers,
    environment,
    workers,
    async startWorker(changes) {
      const worker = await startWorker({ ...environment, ...changes });
      workers.push(worker);
      return worker;
    },
    async kill(worker) {
      workers.splice(workers.indexOf(worker), 1);
      await worker.end('SIGKILL');
      await settleDeadWorkers({ db, log: quiet, noteRefusals: noted, dataDir: testDataDir() });
      await reportDeadWorker(db, worker.identity);
    },
    async taken(share) {
      await sink.waitFor(Math.round(readers * share), 2 * minute).catch(withWorkersWords);
      // A random pause, so that the kill does not keep step with the lots.
      await delay(Math.random() * 100);
    },
    async finish({ uncertainAtMost, within = 150_000 }) {
      sink.onStage(undefined);
      await waitForFinish(db, issueId, within).catch(withWorkersWords);
      return proveNobodyMissedNobodyTwice(db, issueId, sink, { readers, uncertainAtMost });
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      await sink.close();
      await queue.close();
      await own.close();
    },
  };
}

function openOwn(url: string) {
  const db = openDatabase({ url, onError: () => undefined });
  return { db, url, close: () => db.end() };
}
