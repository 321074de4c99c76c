// The queue in the service's own database: BullMQ's PostgreSQL backend, in the schema "bullmq".
import { createPostgresBackend, withBackend, type Queue, type Worker as BullWorker } from 'bullmq';
import { DatabaseConnection } from '../db.js';
import { stalling, type Backend } from './backend.js';

export function postgresBackend(databaseUrl: string, onError: (error: Error) => void): Backend {
  const { Queue: PgQueue, Worker: PgWorker } = withBackend(createPostgresBackend);
  const connection = {
    connectionString: databaseUrl,
    migrate: true,
    max: 2,
    connectionTimeoutMillis: 5_000,
    Client: DatabaseConnection,
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
