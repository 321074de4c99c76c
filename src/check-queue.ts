// Is the queue on Redis ours, and does Redis keep its jobs? The start, doctor and each worker ask.
import type { Installation, QueueServer } from './bullmq/backend.js';
import type { Config } from './config/environment.js';
import { maskUrl } from './config/values.js';
import type { Log } from './log.js';

export interface QueueCheck {
  /** Undefined: the queue is in the database, and nothing can be wrong. */
  server: QueueServer | undefined;
  config: Pick<Config, 'queueUrl' | 'queuePrefix'>;
}

/**
 * One sentence if the queue must not be used. `claim`: without an owner, it becomes ours. Throws when Redis cannot be
 * reached.
 */
export async function queueProblem(
  { server, config }: QueueCheck,
  us: Installation,
  options: { claim: boolean },
): Promise<string | undefined> {
  const { queueUrl = '', queuePrefix } = config;
  if (server === undefined) return undefined;
  if (!(await server.hasDatabase()))
    return `QUEUE_URL is ${maskUrl(queueUrl)}, but this Redis has no database of that number`;
  if (await server.isReplica())
    return `QUEUE_URL is ${maskUrl(queueUrl)}, but this Redis is a replica, which takes no jobs`;
  switch (await server.owner(us, options)) {
    case 'of another installation':
      return (
        `another installation uses this Redis with QUEUE_PREFIX ${queuePrefix}: set another QUEUE_PREFIX here. ` +
        `If the other one is gone for good, delete the key ${server.ownerKey} in Redis`
      );
    case 'of a copy of our database':
      return (
        `another copy of this database uses this Redis with QUEUE_PREFIX ${queuePrefix}: set another QUEUE_PREFIX ` +
        'here. If the database has moved, try again in a minute'
      );
    case 'ours':
    case 'unclaimed':
      return undefined;
  }
}

/** One sentence if Redis may delete jobs. Throws when Redis cannot be reached. */
export async function evictionProblem({ server }: Pick<QueueCheck, 'server'>): Promise<string | undefined> {
  const policies = (await server?.evictionPolicies()) ?? [];
  const wrong = policies.find((policy) => policy !== 'noeviction');
  return wrong === undefined
    ? undefined
    : `Redis may delete jobs when its memory is full: its maxmemory-policy is ${wrong}, set it to noeviction`;
}

export interface QueueWatch {
  isOurs(): boolean;
  /** Claims the queue. When Redis cannot be reached, throws, and the last answer stays. */
  look(): Promise<void>;
}

/**
 * Asks again while a worker runs: Redis may have been away at the start, or may have been emptied, and another
 * installation came first. Until the first answer the queue is not ours.
 */
export function watchQueue(
  { server, config, log }: QueueCheck & { log: Log },
  readInstallation: () => Promise<Installation>,
): QueueWatch {
  let isOurs = server === undefined;
  let told: string | undefined;
  return {
    isOurs: () => isOurs,
    async look() {
      if (server === undefined) return;
      const problem = await queueProblem({ server, config }, await readInstallation(), { claim: true });
      isOurs = problem === undefined;
      if (problem === told) return;
      told = problem;
      if (problem === undefined) log.warn('queue: it is ours again, so this worker takes jobs');
      else log.error(`queue: this worker takes no jobs: ${problem}`);
    },
  };
}
