// The queue in the service's own database: BullMQ's PostgreSQL backend, in the schema "bullmq".
import {
  createPostgresBackend,
  runMigrations,
  withBackend,
  type PgPool,
  type Queue,
  type Worker as BullWorker,
} from 'bullmq';
import { openPool, watchDatabase, type PoolMember } from '../postgres/connections.js';
import { runJob, stalling, type Backend } from './backend.js';

const schema = 'bullmq';

export interface PostgresBackendOptions {
  url: string;
  /** Connections at most. Each worker holds one, on which it waits for jobs. */
  max: number;
  silence?: number | undefined;
  onError: (error: Error) => void;
}

/** All queues and workers of the process share one pool. */
export function postgresBackend({ url, max, silence, onError }: PostgresBackendOptions): Backend {
  const { Queue: PgQueue, Worker: PgWorker } = withBackend(createPostgresBackend);
  const watch = watchDatabase({ url, silence, onError });
  let migrated: Promise<unknown> | undefined;
  const migrateOnce = (client: PoolMember): Promise<unknown> => {
    migrated ??= runMigrations(client, schema);
    // The next connection tries again.
    migrated.catch(() => (migrated = undefined));
    return migrated;
  };
  const pool = openPool({
    url,
    max,
    watch,
    settings: { search_path: schema },
    prepare: migrateOnce,
    onError,
  });
  // Each queue and each worker of BullMQ listens to the pool's errors. Node warns of a leak from the eleventh on.
  pool.setMaxListeners(0);
  // BullMQ's types of a pool are narrower than those of pg, which BullMQ itself uses.
  const connection = pool as unknown as PgPool;
  return {
    queue(name) {
      const queue = new PgQueue(name, { connection }) as unknown as Queue;
      queue.on('error', onError);
      return queue;
    },
    worker(name, run, concurrency) {
      const worker = new PgWorker(name, (job, token) => runJob(run, job, token), {
        connection,
        concurrency,
        ...stalling,
      }) as unknown as BullWorker;
      worker.on('error', onError);
      return worker;
    },
    spread: 1,
    disconnect: () => pool.end(),
  };
}
