// The parts that both backends of BullMQ share. Only this folder imports bullmq and ioredis.
import { DelayedError, type Job, type Queue, type Worker as BullWorker } from 'bullmq';

export interface Backend {
  queue(name: string): Queue;
  worker(name: string, run: RunJob, concurrency: number): BullWorker;
  notes?: Notes;
  server?: QueueServer;
  /** How many queues carry the deliveries. On a cluster several, because one queue lies on one node. */
  spread: number;
  /** Call it last: nothing may use the backend afterwards. */
  disconnect(): Promise<void>;
}

/**
 * Runs a job. `age`: milliseconds since it was enqueued. 'put-back': this program cannot run the job, and
 * another one may.
 */
export type RunJob = (data: unknown, age: number) => Promise<'done' | 'put-back'>;

/** Milliseconds until a job that was put back is taken again. */
const putBackPause = 2_000;

/** Runs `job`, and puts it back into its queue if `run` says so. `token`: the worker's lock on the job. */
export async function runJob(run: RunJob, job: Job, token: string | undefined): Promise<void> {
  const now = Date.now();
  if ((await run(job.data, now - job.timestamp)) === 'done') return;
  await job.moveToDelayed(now + putBackPause, token);
  // BullMQ's sign that the job has neither ended nor failed.
  throw new DelayedError();
}

/** Small texts that outlive the process, kept where the queue is. */
export interface Notes {
  read(name: string): Promise<string | null>;
  write(name: string, text: string): Promise<void>;
}

/** Who uses a queue. */
export interface Installation {
  /** The id of the database. A copy of the database has the same. */
  databaseId: string;
  /** The server and the database there. A copy of the database has another place. */
  place: string;
}

/** The Redis that holds the queue. The methods throw when it cannot be reached. */
export interface QueueServer {
  /** The key that names the owner. */
  ownerKey: string;
  /** Says whose the queue is. `claim`: without an owner it becomes ours. */
  owner(
    us: Installation,
    options: { claim: boolean },
  ): Promise<'ours' | 'unclaimed' | 'of another installation' | 'of a copy of our database'>;
  /** What each node deletes when its memory is full (maxmemory-policy). Empty if Redis does not say. */
  evictionPolicies(): Promise<string[]>;
  /** False: Redis has no database of the number that QUEUE_URL names. */
  hasDatabase(): Promise<boolean>;
  /** A replica takes no jobs. */
  isReplica(): Promise<boolean>;
}

/**
 * The job of a dead worker goes to another worker after 10 to 15 s. Taking a job from a worker that was
 * merely slow does no harm, because the rows decide what is done. The count is high so that such a job is
 * never given up.
 */
export const stalling = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000 } as const;

/** Milliseconds. */
const answerTimeout = 2_000;

/** Rejects when the queue has not answered in time: BullMQ itself waits until the backend is reachable. */
export function withTimeout<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what}: no answer in ${answerTimeout} ms`)),
      answerTimeout,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
