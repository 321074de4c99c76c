// Measures the whole path of an issue, from freeze to finish: ledger, queue, and worker processes as
// `npm start` runs them.
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../src/config/environment.js';
import type { Database, Db } from '../src/db.js';
import { assembleNow } from '../src/issues/assemble-now.js';
import { openQueues, type Enqueue } from '../src/queues.js';
import { supervise, type Child } from '../src/supervise.js';
import { assembleDeps, baseUrl, quiet, secretKey } from '../test/support/newsroom.js';
import { makeNewsletterWith } from './digest.js';
import { cpuSeconds, residentMegabytes } from './machine.js';
import type { Servers } from './servers.js';
import type { Sink } from './sink.js';

export interface Delivery {
  readers: number;
  workers: number;
  connections: number;
  /** The port that the workers hand over to, if it is not the sink's. */
  relayPort?: number;
  /** Whether a relay that offers CHUNKING gets texts with BDAT; by default, yes. */
  chunking?: 'on' | 'off';
  /** DKIM_* variables. */
  dkim?: Record<string, string>;
  /** Clicks are counted, and all readers agreed. */
  counted?: boolean;
  /** Prepares other work. What it returns runs while the measured issue is sent. */
  beside?: (deps: {
    db: Database;
    url: string;
    enqueue: Enqueue;
  }) => Promise<(isOver: () => boolean) => Promise<void>>;
}

export interface Delivered {
  readers: number;
  /** From the freeze to the finish. */
  seconds: number;
  fanOutSeconds: number;
  /** Messages per second: `rate` over the whole issue, `steadyRate` while every connection has work. */
  rate: number;
  steadyRate: number;
  /** Milliseconds of CPU per message: in the workers, and in PostgreSQL. */
  workerCpu: number;
  databaseCpu: number;
  /** Peak megabytes of the largest worker: overall, and in the first and the last quarter of messages. */
  memory: { most: number; early: number; late: number };
}

/** Messages sent before the clock starts, because production workers run for days and are warm. */
const warmUp = 2_000;

/** Starts workers, sends one issue to all readers, and checks that each reader got exactly one message. */
export async function deliver(servers: Servers, sink: Sink, delivery: Delivery): Promise<Delivered> {
  const { db, url, close } = await servers.freshDatabase();
  const queues = openQueues({ queueUrl: servers.queueUrl, databaseUrl: url, log: quiet });
  const smtpUrl = `smtp://${sink.host}:${delivery.relayPort ?? sink.port}?connections=${delivery.connections}&chunking=${delivery.chunking ?? 'on'}`;
  const { readers, counted } = delivery;
  const newsletters = {
    first: await makeNewsletterWith(db, { readers: warmUp, name: 'first' }),
    measured: await makeNewsletterWith(db, { readers, name: 'measured', counted }),
  };
  const beside = await delivery.beside?.({ db, url, enqueue: queues.enqueue });
  // Autovacuum would have done this to day-old tables. The checkpoint writes what the set-up left behind.
  await db.query('vacuum analyze');
  await db.query('checkpoint');
  const workers = await startWorkers(delivery.workers, {
    DATABASE_URL: url,
    QUEUE_URL: servers.queueUrl,
    SMTP_URL: smtpUrl,
    ...delivery.dkim,
  });
  try {
    const send = async (newsletterId: string): Promise<string> => {
      const made = await assembleNow(assembleDeps(db, queues.enqueue), { newsletterId });
      if (made.status !== 'created') throw new Error(made.status);
      return made.issueId;
    };
    await finished(db, await send(newsletters.first), () => undefined);

    const before = sink.taken();
    const pids = workers.map(({ pid }) => pid ?? 0);
    const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const [workerCpu, databaseCpu] = [cpu(), cpuSeconds(servers.postgresPid)];
    const watch = watchProgress(delivery.readers);
    const started = performance.now();
    const issueId = await send(newsletters.measured);
    let isOver = false;
    const besideIt = beside?.(() => isOver);
    await finished(db, issueId, () =>
      watch.look(sink.taken() - before, Math.max(...pids.map(residentMegabytes))),
    );
    const seconds = (performance.now() - started) / 1000;
    isOver = true;
    await besideIt;
    const perMessage = (spent: number): number => (spent * 1000) / delivery.readers;
    await checkLedger(db, issueId, delivery.readers);
    const taken = sink.taken() - before;
    if (taken !== delivery.readers) throw new Error(`the sink took ${taken} messages of ${delivery.readers}`);
    return {
      readers: delivery.readers,
      seconds,
      fanOutSeconds: await fanOutSeconds(db, issueId),
      rate: delivery.readers / seconds,
      ...watch.result(),
      workerCpu: perMessage(cpu() - workerCpu),
      databaseCpu: perMessage(cpuSeconds(servers.postgresPid) - databaseCpu),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await queues.close();
    await close();
  }
}

/** Starts `count` worker processes and waits until they work. */
export async function startWorkers(
  count: number,
  variables: Record<string, string | undefined>,
): Promise<Child[]> {
  const env = childEnvironment({
    ...variables,
    SECRET_KEY: secretKey,
    BASE_URL: baseUrl,
    WORKERS: String(count),
    DATA_DIR: tmpdir(),
    LOG_LEVEL: 'warn',
  });
  const workers = Array.from({ length: count }, (_, index) =>
    supervise({ name: `worker ${index + 1}`, program: 'dist/workers/run.js', env, log: quiet }),
  );
  await Promise.all(workers.map((worker) => worker.ready));
  return workers;
}

/** Polls every 100 ms until the issue has finished. */
async function finished(db: Db, issueId: string, look: () => void): Promise<void> {
  for (;;) {
    const { done } = await db.one<{ done: boolean }>(
      'select finished_at is not null as done from issues where id = $1',
      [issueId],
    );
    look();
    if (done) return;
    await sleep(100);
  }
}

/** Records rates and memory as messages arrive. */
function watchProgress(readers: number) {
  let begun: { at: number; taken: number } | undefined;
  let steadyRate = 0;
  const memory = { most: 0, early: 0, late: 0 };
  return {
    look(taken: number, megabytes: number): void {
      const share = taken / readers;
      memory.most = Math.max(memory.most, megabytes);
      if (share > 0 && share < 0.25) memory.early = Math.max(memory.early, megabytes);
      if (share > 0.75) memory.late = Math.max(memory.late, megabytes);
      // Skip the start and the end, when some connections have no work.
      if (share < 0.1 || share > 0.8) return;
      begun ??= { at: performance.now(), taken };
      const seconds = (performance.now() - begun.at) / 1000;
      if (seconds > 0) steadyRate = (taken - begun.taken) / seconds;
    },
    result: () => ({ steadyRate, memory }),
  };
}

/** Throws unless every delivery was accepted at the first attempt. */
async function checkLedger(db: Db, issueId: string, readers: number): Promise<void> {
  const rows = await db.query<{ state: string; attempts: number; count: number }>(
    'select state, attempts, count(*)::int as count from deliveries where issue_id = $1 group by state, attempts',
    [issueId],
  );
  const [only] = rows;
  if (rows.length !== 1 || only?.state !== 'accepted' || only.attempts !== 1 || only.count !== readers)
    throw new Error(`the ledger of ${readers} readers holds ${JSON.stringify(rows)}`);
}

/** Seconds from the fan-out's first statement (a transaction's now() is its start) to the first claim. */
async function fanOutSeconds(db: Db, issueId: string): Promise<number> {
  const { seconds } = await db.one<{ seconds: number }>(
    `select extract(epoch from (select min(first_try_at) from deliveries where issue_id = $1) - fanned_out_at)::float
       as seconds from issues where id = $1`,
    [issueId],
  );
  return seconds;
}
