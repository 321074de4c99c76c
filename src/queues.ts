// The queue carries wake-ups: ids only, no addresses, no HTML. If it loses one, the sweep finds the work in
// the rows. Where traces are exported, a job also names the span that enqueued it (src/telemetry/trace-jobs.ts).
//
// It runs on Redis (QUEUE_URL), or else on BullMQ's PostgreSQL backend in the service's own database.
import { z } from 'zod';
import { withTimeout, type Notes, type QueueServer, type RunJob } from './bullmq/backend.js';
import { Handles } from './bullmq/handles.js';
import { postgresBackend } from './bullmq/postgres.js';
import { redisBackend } from './bullmq/redis.js';
import { hour } from './durations.js';
import { isId } from './ids.js';
import type { Log } from './log.js';
import { inTracedEnqueue, inTracedJob } from './telemetry/trace-jobs.js';

const id = z.string().refine(isId);

const payloads = {
  feeds: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('poll-due') }),
    z.object({ kind: z.literal('poll'), feedId: id }),
    z.object({ kind: z.literal('ask-hub'), feedId: id }),
    z.object({ kind: z.literal('measure-images') }),
    // A slow site must not delay an issue, so this is no job of the issues queue.
    z.object({ kind: z.literal('check-links'), issueId: id }),
  ]),
  issues: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('plan') }),
    z.object({ kind: z.literal('assemble'), issueId: id }),
    z.object({ kind: z.literal('act-on-problem'), actId: id }),
    z.object({ kind: z.literal('send-account-mails') }),
  ]),
  subscriptions: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('confirm'), subscriptionId: id }),
    z.object({ kind: z.literal('remind'), subscriptionId: id }),
    z.object({ kind: z.literal('tell'), subscriptionId: id }),
    z.object({ kind: z.literal('welcome'), subscriptionId: id }),
    z.object({ kind: z.literal('address'), changeId: id }),
  ]),
  // A queue of its own: confirmations must not wait for a large import.
  imports: z.discriminatedUnion('kind', [z.object({ kind: z.literal('import'), importId: id })]),
  deliveries: z.discriminatedUnion('kind', [
    // `again`: the batch yielded to others. It gives the next job another id than the jobs that are just ending, which
    // would swallow it.
    z.object({
      kind: z.literal('batch'),
      issueId: id,
      batch: z.int().positive(),
      again: z.int().min(1).max(3).optional(),
    }),
  ]),
  feedback: z.discriminatedUnion('kind', [z.object({ kind: z.literal('take') })]),
  // A queue of its own: receivers may be slow.
  webhooks: z.discriminatedUnion('kind', [z.object({ kind: z.literal('send') })]),
  upkeep: z.discriminatedUnion('kind', [z.object({ kind: z.literal('sweep') })]),
};

export type QueueName = keyof typeof payloads;
export const queueNames = Object.keys(payloads) as QueueName[];
export type Payload<Q extends QueueName> = z.infer<(typeof payloads)[Q]>;

/**
 * Asks a worker to look at some rows. Never throws, and waits two seconds at most. False: the queue is down,
 * and the sweep will find the rows. Enqueueing a payload that is already waiting changes nothing.
 */
export type Enqueue = <Q extends QueueName>(
  queue: Q,
  payload: Payload<Q>,
  /** Delay in milliseconds. */
  after?: number,
) => Promise<boolean>;

/** A worker of this process. */
export interface QueueWorker {
  /** Pauses the worker (false) or resumes it (true). Running jobs continue. */
  takesJobs(does: boolean): void;
}

export interface Queues {
  enqueue: Enqueue;
  /**
   * Runs `handler` for each job of `queue`, `concurrency` at once. A throw is logged, and the sweep re-queues
   * the work.
   */
  work<Q extends QueueName>(
    queue: Q,
    handler: (payload: Payload<Q>) => Promise<void>,
    concurrency: number,
  ): QueueWorker;
  /** Sets the scheduler, shared by all processes, that enqueues `payload` every `ms`. Call it again in case it was lost. */
  every<Q extends QueueName>(
    queue: Q,
    payload: Payload<Q>,
    ms: number,
    /** True: leaves an existing scheduler alone, although its time looks wrong. */
    onlyMissing?: boolean,
  ): Promise<void>;
  /** Throws when the queue cannot be reached. */
  ping(): Promise<void>;
  /** Waiting and active jobs, by queue. */
  depths(): Promise<Record<QueueName, number>>;
  /** Undefined if the queue is in the database. Methods throw when the queue cannot be reached. */
  notes: Notes | undefined;
  /** The Redis of the queue; undefined if the queue is in the database. */
  server: QueueServer | undefined;
  /** Waits for running handlers, then disconnects. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /** In the form of QUEUE_URL (src/config/queue-url.ts); undefined: the database. */
  queueUrl?: string | undefined;
  /** Begins the name of every key on Redis. Installations that share a Redis need different ones. */
  queuePrefix?: string;
  databaseUrl: string;
  /** Connections at most, if the queue is in the database. A worker of a queue holds one while it waits. */
  connections?: number;
  /** Milliseconds without an answer after which a connection to the database may be lost. Tests shorten it. */
  silence?: number | undefined;
  log: Log;
}

/** Milliseconds of silence after a report: a backend that is down reports trouble many times a second. */
const quietTime = 10_000;
/** Milliseconds for which an unknown job waits for a newer program. A rolling upgrade is over by then. */
const unknownFor = hour;
/** One for each queue's worker, and some for short statements. */
const usualConnections = queueNames.length + 4;
// One attempt: a failed job has recorded what it did in the rows, and the sweep enqueues the rest. A failed job that is
// kept would block its id.
const jobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** Job ids hold no ':' and are no integers (BullMQ 6). */
function jobId(payload: { kind: string }): string {
  const { kind, ...rest } = payload;
  return [kind, ...Object.values(rest)].join('-');
}

/**
 * Lower comes first. An issue's first batches precede the later batches of other issues, so that a small
 * newsletter does not wait behind a large one. Later batches run in their order of arrival.
 */
function priority(payload: object): { priority?: number } {
  return 'batch' in payload ? { priority: Math.min(Number(payload.batch), 16) } : {};
}

/** Opens the queues. Connects on first use, so a queue that is down does not stop the start. */
export function openQueues(options: QueueOptions): Queues {
  const { queueUrl, queuePrefix = 'daily-digest', databaseUrl, log } = options;
  const { connections = usualConnections, silence } = options;
  let quietUntil = 0;
  let trouble: { error: Error; at: number } | undefined;
  const onError = (error: Error) => {
    trouble = { error, at: Date.now() };
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + quietTime;
    log.warn({ err: error }, 'queue: connection trouble');
  };
  const backend =
    queueUrl === undefined
      ? postgresBackend({ url: databaseUrl, max: connections, silence, onError })
      : redisBackend({ url: queueUrl, prefix: queuePrefix, onError });
  const namesOf: NamesOf = (name) => queueNamesOf(name, name === 'deliveries' ? backend.spread : 1);
  const handles = new Handles({
    backend,
    onError,
    onFailed: (queue, job, err) => log.error({ queue, job, err }, 'queue: job failed'),
  });
  return {
    enqueue: (name, payload, after) => enqueue({ handles, log, namesOf }, name, payload, after),
    work(name, handler, concurrency) {
      const run = checked(name, handler, log);
      const names = namesOf(name);
      const each = names.map((one) => handles.work(one, run, Math.ceil(concurrency / names.length)));
      return { takesJobs: (does) => each.forEach((takesJobs) => takesJobs(does)) };
    },
    every: (name, payload, ms, onlyMissing = false) => schedule(handles, name, payload, { ms, onlyMissing }),
    async ping() {
      const asked = Date.now();
      await withTimeout(handles.queue('issues').getJobCounts('waiting'), 'queue').catch((error: Error) => {
        // BullMQ waits for a connection, and does not say why there is none.
        if (trouble === undefined || trouble.at < asked) throw error;
        throw new Error(`${error.message}: ${trouble.error.message}`, { cause: error });
      });
    },
    depths: () => depths(handles, namesOf),
    notes: backend.notes,
    server: backend.server,
    close: () => handles.close(),
  };
}

/** The names that one of our queues has in BullMQ. */
type NamesOf = (name: QueueName) => [string, ...string[]];

function queueNamesOf(name: QueueName, spread: number): [string, ...string[]] {
  return [name, ...Array.from({ length: spread - 1 }, (_, index) => `${name}-${index + 2}`)];
}

/** A payload always goes to the same one: a second job for it would not find the first in another. */
function chooseName(names: [string, ...string[]], payload: object): string {
  return names['batch' in payload ? Number(payload.batch) % names.length : 0] ?? names[0];
}

async function enqueue<Q extends QueueName>(
  { handles, log, namesOf }: { handles: Handles; log: Log; namesOf: NamesOf },
  name: Q,
  payload: Payload<Q>,
  after: number | undefined,
): Promise<boolean> {
  const options = {
    ...jobOptions,
    ...priority(payload),
    ...(after === undefined ? {} : { delay: after }),
    jobId: jobId(payload),
  };
  try {
    await inTracedEnqueue(name, payload, (data) =>
      withTimeout(
        handles.queue(chooseName(namesOf(name), payload)).add(payload.kind, data, options),
        'enqueue',
      ),
    );
    return true;
  } catch (error) {
    log.warn({ err: error, queue: name, kind: payload.kind }, 'queue: not enqueued; the sweep will find it');
    return false;
  }
}

/**
 * The handler behind a check of the job's payload. A newer program may run beside this one and enqueue kinds of
 * jobs that this one does not know: its own workers must get them (docs/migrations.md).
 */
function checked<Q extends QueueName>(
  name: Q,
  handler: (payload: Payload<Q>) => Promise<void>,
  log: Log,
): RunJob {
  return async (data, age) => {
    const payload = payloads[name].safeParse(data);
    if (payload.success) {
      await inTracedJob(name, payload.data, data, () => handler(payload.data as Payload<Q>));
      return 'done';
    }
    const said = { queue: name, issues: payload.error.issues };
    if (age < unknownFor) {
      log.debug(said, 'queue: put back a job with an unknown payload');
      return 'put-back';
    }
    log.error(said, 'queue: dropped a job with an unknown payload');
    return 'done';
  };
}

async function schedule<Q extends QueueName>(
  handles: Handles,
  name: Q,
  payload: Payload<Q>,
  { ms, onlyMissing }: { ms: number; onlyMissing: boolean },
): Promise<void> {
  const queue = handles.queue(name);
  const schedulerId = `every-${jobId(payload)}`;
  // An upsert moves the next run, so a scheduler that works is left alone. If the next run is further off
  // than the interval, a wrong clock set it; if it is long over, its job was lost.
  const found = await queue.getJobScheduler(schedulerId);
  if (found && onlyMissing) return;
  const next = found?.next ?? 0;
  if (next <= Date.now() + ms && next > Date.now() - 3 * ms) return;
  if (found) await queue.removeJobScheduler(schedulerId);
  await queue.upsertJobScheduler(
    schedulerId,
    { every: ms },
    { name: payload.kind, data: payload, opts: jobOptions },
  );
}

async function depths(handles: Handles, namesOf: NamesOf): Promise<Record<QueueName, number>> {
  const depthOf = async (name: string): Promise<number> => {
    const counts = handles.queue(name).getJobCounts('waiting', 'active', 'prioritized');
    return Object.values(await withTimeout(counts, 'queue')).reduce((sum, count) => sum + count, 0);
  };
  const counted = await Promise.all(
    queueNames.map(async (name) => {
      const each = await Promise.all(namesOf(name).map(depthOf));
      return [name, each.reduce((sum, count) => sum + count, 0)] as const;
    }),
  );
  return Object.fromEntries(counted) as Record<QueueName, number>;
}
