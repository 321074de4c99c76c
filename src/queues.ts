// The queue carries wake-ups: ids only, no addresses, no HTML. What it loses, the sweep finds again in the rows.
// The only importer of bullmq and ioredis.
//
// On Redis (QUEUE_URL) or, without it, on BullMQ's own PostgreSQL backend in the same database (schema "bullmq").
import { createPostgresBackend, Queue, withBackend, type Worker as BullWorker } from 'bullmq';
import * as bullmq from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import { Connection } from './db.js';
import type { Log } from './log.js';

const id = z.string().regex(/^\d{1,19}$/);

const payloads = {
  feeds: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('poll-due') }),
    z.object({ kind: z.literal('poll'), feedId: id }),
    z.object({ kind: z.literal('ask-hub'), feedId: id }),
    z.object({ kind: z.literal('tell-accounts') }),
    z.object({ kind: z.literal('measure-images') }),
    // Not among issues: other people's sites keep no issue waiting.
    z.object({ kind: z.literal('check-links'), issueId: id }),
  ]),
  issues: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('plan') }),
    z.object({ kind: z.literal('assemble'), issueId: id }),
    z.object({ kind: z.literal('tell-reviewers'), issueId: id }),
    z.object({ kind: z.literal('tell-of-hold') }),
  ]),
  subscriptions: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('confirm'), subscriptionId: id }),
    z.object({ kind: z.literal('remind'), subscriptionId: id }),
    z.object({ kind: z.literal('tell'), subscriptionId: id }),
    z.object({ kind: z.literal('address'), changeId: id }),
  ]),
  // Apart from confirmations, which must not wait for a large import.
  imports: z.discriminatedUnion('kind', [z.object({ kind: z.literal('import'), importId: id })]),
  deliveries: z.discriminatedUnion('kind', [
    // `again`: a batch that made room for others half done, so that its next job is not the one that just ends.
    z.object({
      kind: z.literal('batch'),
      issueId: id,
      batch: z.int().positive(),
      again: z.literal(true).optional(),
    }),
  ]),
  upkeep: z.discriminatedUnion('kind', [z.object({ kind: z.literal('sweep') })]),
};

export type QueueName = keyof typeof payloads;
export const queueNames = Object.keys(payloads) as QueueName[];
export type Payload<Q extends QueueName> = z.infer<(typeof payloads)[Q]>;

/**
 * Asks a worker to look at some rows. Never throws and waits two seconds at most: false says that the queue is down,
 * and the sweep finds the row again. The same payload waiting twice is one job.
 */
export type Enqueue = <Q extends QueueName>(
  queue: Q,
  payload: Payload<Q>,
  /** Milliseconds: not before then. */
  after?: number,
) => Promise<boolean>;

/** A queue's work in this process. */
export interface Work {
  /** False: it takes no more jobs until it is told again; those under way go on. */
  takesJobs(does: boolean): void;
}

export interface Queues {
  enqueue: Enqueue;
  /** Runs `handler` for each job of `queue`, `concurrency` at once. A throw is logged; the sweep brings the work back. */
  work<Q extends QueueName>(
    queue: Q,
    handler: (payload: Payload<Q>) => Promise<void>,
    concurrency: number,
  ): Work;
  /** One scheduler for all processes that enqueues `payload` every `ms`. Call again to bring back a lost one. */
  every<Q extends QueueName>(queue: Q, payload: Payload<Q>, ms: number): Promise<void>;
  /** Throws when the queue cannot be reached. */
  ping(): Promise<void>;
  /** Waiting and active jobs, by queue. */
  depths(): Promise<Record<QueueName, number>>;
  /** Notes kept where the queue is; undefined: that is the database itself. Throws when it cannot be reached. */
  notes: Notes | undefined;
  /** Waits for running handlers, then disconnects. */
  close(): Promise<void>;
}

export interface Notes {
  read(name: string): Promise<string | null>;
  write(name: string, text: string): Promise<void>;
}

export interface QueueOptions {
  /** redis://, rediss:// or redis+cluster://host1,host2; undefined: the database. */
  queueUrl?: string | undefined;
  databaseUrl: string;
  log: Log;
}

const enqueueTimeout = 2_000;
const restartPause = 1_000;
// A job whose worker died is another's after 10 to 15 s. One that is taken away from a worker that was merely slow does
// no harm: what is done once is decided by the rows. Such a job is never given up, as it may have been nobody's fault.
const stalling = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000 } as const;
// In braces: on a Redis Cluster all keys of the queues must hash to one slot.
const prefix = '{daily-digest}';

/** Job ids hold no ':' and are no integers (BullMQ 6). */
function jobId(payload: { kind: string }): string {
  const { kind, ...rest } = payload;
  return [kind, ...Object.values(rest)].join('-');
}

function withTimeout<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what}: no answer in ${enqueueTimeout} ms`)),
      enqueueTimeout,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * The lower, the sooner. An issue's first batches go before other issues' later ones, so that a small newsletter does not
 * wait behind a large one; among later ones the first come is the first served.
 */
function priority(payload: object): { priority?: number } {
  return 'batch' in payload ? { priority: Math.min(Number(payload.batch), 16) } : {};
}

interface Backend {
  queue(name: QueueName): Queue;
  worker(name: QueueName, run: (data: unknown) => Promise<void>, concurrency: number): BullWorker;
  notes?: Notes;
  disconnect(): void;
}

function postgresBackend(databaseUrl: string, onError: (error: Error) => void): Backend {
  const { Queue: PgQueue, Worker: PgWorker } = withBackend(createPostgresBackend);
  const connection = {
    connectionString: databaseUrl,
    migrate: true,
    max: 2,
    connectionTimeoutMillis: 5_000,
    Client: Connection,
  };
  return {
    queue(name) {
      const queue = new PgQueue(name, { connection }) as unknown as Queue;
      queue.on('error', onError);
      return queue;
    },
    worker(name, run, concurrency) {
      const worker = new PgWorker(name, (job) => run(job.data), {
        connection: { ...connection, max: Math.min(concurrency + 1, 4) },
        concurrency,
        ...stalling,
      }) as unknown as BullWorker;
      worker.on('error', onError);
      return worker;
    },
    disconnect() {},
  };
}

/** What the URL names: a client that fails at once when Redis is away (producers), or one that waits for it (workers). */
function redisClient(url: string, producer: boolean, onError: (error: Error) => void): Redis | Cluster {
  const options = {
    maxRetriesPerRequest: producer ? 1 : null,
    enableOfflineQueue: !producer,
    connectTimeout: 5_000,
    retryStrategy: (times: number) => Math.min(times * 200, 2_000),
  };
  if (!url.startsWith('redis+cluster:')) return new Redis(url, options).on('error', onError);
  const [, credentials = '', hosts = ''] = /^redis\+cluster:\/\/(?:([^@]*)@)?([^/?]*)/.exec(url) ?? [];
  const [username = '', password] = credentials.split(':').map(decodeURIComponent);
  const nodes = hosts.split(',').map((host) => {
    const node = new URL(`redis://${host}`);
    return { host: node.hostname, port: Number(node.port || 6379) };
  });
  return new Cluster(nodes, {
    enableOfflineQueue: !producer,
    redisOptions: { ...options, ...(password === undefined ? {} : { username, password }) },
  }).on('error', onError);
}

function redisBackend(url: string, onError: (error: Error) => void): Backend {
  const clients: (Redis | Cluster)[] = [];
  const client = (producer: boolean) => {
    const made = redisClient(url, producer, onError);
    clients.push(made);
    return made;
  };
  let producer: Redis | Cluster | undefined;
  let consumer: Redis | Cluster | undefined;
  return {
    queue(name) {
      producer ??= client(true);
      // Without a ready connection the first job would be refused for nothing: BullMQ waits for it by itself.
      const queue = new Queue(name, { connection: producer, prefix, skipVersionCheck: true });
      queue.on('error', onError);
      return queue;
    },
    worker(name, run, concurrency) {
      consumer ??= client(false);
      const worker = new bullmq.Worker(name, (job) => run(job.data), {
        connection: consumer,
        prefix,
        concurrency,
        ...stalling,
      });
      worker.on('error', onError);
      return worker;
    },
    notes: {
      read: (name) => withTimeout((consumer ??= client(false)).get(`${prefix}:note:${name}`), 'queue'),
      async write(name, text) {
        await withTimeout((consumer ??= client(false)).set(`${prefix}:note:${name}`, text), 'queue');
      },
    },
    disconnect() {
      for (const made of clients) made.disconnect();
    },
  };
}

/** Opens the queues. Connects when first used, so a queue that is down does not stop the start. */
export function openQueues({ queueUrl, databaseUrl, log }: QueueOptions): Queues {
  // A backend that is away reports it many times a second; once in ten seconds is enough for a log.
  let quietUntil = 0;
  const onError = (error: Error) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + 10_000;
    log.warn({ err: error }, 'queue: connection trouble');
  };
  const backend =
    queueUrl === undefined ? postgresBackend(databaseUrl, onError) : redisBackend(queueUrl, onError);
  const queues = new Map<QueueName, Queue>();
  const workers = new Set<BullWorker>();
  let closing = false;
  const queue = (name: QueueName): Queue => {
    const known = queues.get(name);
    if (known) return known;
    const made = backend.queue(name);
    queues.set(name, made);
    ifStillborn(made, () => queues.delete(name));
    return made;
  };

  /** BullMQ tries once to make its tables, and remembers for ever if that failed: what uses it is made anew. */
  function ifStillborn(made: Queue | BullWorker, then: () => void): void {
    made.waitUntilReady().catch((error: Error) => {
      if (closing) return;
      onError(error);
      made.close().catch(() => undefined);
      then();
    });
  }
  // One attempt: a job that failed has told what it knows to the rows, and the sweep enqueues what they still want.
  const jobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;
  return {
    async enqueue(name, payload, after) {
      try {
        await withTimeout(
          queue(name).add(payload.kind, payload, {
            ...jobOptions,
            ...priority(payload),
            ...(after === undefined ? {} : { delay: after }),
            jobId: jobId(payload),
          }),
          'enqueue',
        );
        return true;
      } catch (error) {
        log.warn(
          { err: error, queue: name, kind: payload.kind },
          'queue: not enqueued; the sweep will find it',
        );
        return false;
      }
    },
    work(name, handler, concurrency) {
      const schema = payloads[name];
      const run = async (data: unknown) => {
        const payload = schema.safeParse(data);
        if (!payload.success) {
          log.error(
            { queue: name, issues: payload.error.issues },
            'queue: a job that nobody here wrote, dropped',
          );
          return;
        }
        await handler(payload.data as Parameters<typeof handler>[0]);
      };
      let takes = true;
      let worker = begin();
      function begin(): BullWorker {
        const made = backend.worker(name, run, concurrency);
        made.on('failed', (job, error) =>
          log.error({ queue: name, job: job?.id, err: error }, 'queue: job failed'),
        );
        workers.add(made);
        if (!takes) void made.pause(true).catch(onError);
        ifStillborn(made, () => {
          workers.delete(made);
          setTimeout(() => {
            if (!closing) worker = begin();
          }, restartPause);
        });
        return made;
      }
      return {
        takesJobs(does) {
          if (does === takes) return;
          takes = does;
          void Promise.resolve(does ? worker.resume() : worker.pause(true)).catch(onError);
        },
      };
    },
    async every(name, payload, ms) {
      const schedulerId = `every-${jobId(payload)}`;
      // Upserting a scheduler that is there would move its next run each time. One whose next run is further off than its
      // interval was set by a clock that was wrong; one whose run is long over has lost its job.
      const found = await queue(name).getJobScheduler(schedulerId);
      const next = found?.next ?? 0;
      if (next <= Date.now() + ms && next > Date.now() - 3 * ms) return;
      if (found) await queue(name).removeJobScheduler(schedulerId);
      await queue(name).upsertJobScheduler(
        schedulerId,
        { every: ms },
        {
          name: payload.kind,
          data: payload,
          opts: { attempts: 1, removeOnComplete: true, removeOnFail: true },
        },
      );
    },
    async ping() {
      await withTimeout(queue('issues').getJobCounts('waiting'), 'queue');
    },
    async depths() {
      const counted = await Promise.all(
        queueNames.map(async (name) => {
          const counts = await withTimeout(
            queue(name).getJobCounts('waiting', 'active', 'prioritized'),
            'queue',
          );
          return [name, Object.values(counts).reduce((sum, count) => sum + count, 0)] as const;
        }),
      );
      return Object.fromEntries(counted) as Record<QueueName, number>;
    },
    notes: backend.notes,
    async close() {
      closing = true;
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((open) => open.close()));
      backend.disconnect();
    },
  };
}
