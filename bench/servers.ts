// The servers that a whole run shares: the embedded PostgreSQL, durable as under `npm start`, and the queue.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase, type Database } from '../src/db.js';
import { destroyPostgres, startPostgres } from '../src/embedded/postgres.js';
import { migrate } from '../src/migrate.js';
import { quiet } from '../test/support/newsroom.js';
import { startQueueBackend, type QueueBackend } from '../test/support/queues.js';

export interface Servers {
  queueUrl: string | undefined;
  /** Process id of PostgreSQL's main process. */
  postgresPid: number;
  /** A migrated, empty database. Closing it drops it. */
  freshDatabase(): Promise<{ db: Database; url: string; close(): Promise<void> }>;
  close(): Promise<void>;
}

export async function startServers(backend: QueueBackend): Promise<Servers> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'daily-digest-bench-'));
  // If root starts PostgreSQL, it runs as another user, who must be able to enter this folder.
  await chmod(dataDir, 0o755);
  const postgres = await startPostgres({ dataDir, log: quiet });
  const queue = await startQueueBackend(backend);
  const admin = openDatabase({ url: postgres.url, max: 1 });
  let count = 0;
  return {
    queueUrl: queue.queueUrl,
    postgresPid: postgres.pid,
    async freshDatabase() {
      const name = `bench_${(count += 1)}`;
      await admin.query(`create database ${name}`);
      const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
      const db = openDatabase({ url });
      await migrate(db);
      return {
        db,
        url,
        async close() {
          await db.end();
          await admin.query(`drop database ${name} with (force)`);
          // The queue's jobs name rows of this database.
          await queue.redis?.flush();
        },
      };
    },
    async close() {
      await admin.end();
      await queue.close();
      await postgres.stop();
      await destroyPostgres(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
