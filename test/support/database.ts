// Gives each test file a separate database, cloned from a migrated template in about 0.1 s.
//
// The whole run shares one embedded server without fsync. The first test that needs the server starts it, and
// global-teardown.ts destroys it. TEST_DATABASE_URL names another server (its role must be able to create
// databases).
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/config/environment.js';
import { advisoryLocks, openDatabase, type Database } from '../../src/db.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { destroyPostgres, startPostgres } from '../../src/embedded/postgres.js';
import { createLog } from '../../src/log.js';
import { migrate } from '../../src/migrate.js';

export const temporaryPrefix = 'daily-digest-test-';

export interface TestDatabase {
  db: Database;
  url: string;
  /** Closes the pool and drops the database. Throws if a session is still open: a connection has leaked. */
  close(): Promise<void>;
}

const log = createLog('warn', 'test');

async function serverUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return given;
  const dataDir = process.env['TEST_DATA_DIR'];
  if (!dataDir) throw new Error('run by jest, whose global-setup.ts sets TEST_DATA_DIR');
  // Do not stop it here: the next test file uses it too.
  const { url } = await startPostgres({ dataDir, log, durable: false });
  return url;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** The name contains a hash of the migrations, because other migrations need another template. */
async function templateName(): Promise<string> {
  const folder = new URL('src/migrations/', packageRoot);
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).toSorted())
    hash.update(name).update(await readFile(new URL(name, folder)));
  return `dd_template_${hash.digest('hex').slice(0, 12)}`;
}

const exists = (server: Database, name: string): Promise<boolean> =>
  server
    .query('select 1 as found from pg_database where datname = $1', [name])
    .then((rows) => rows.length > 0);

async function makeTemplate(server: Database, url: string, name: string): Promise<void> {
  if (await exists(server, name)) return;
  await server.query('select pg_advisory_lock($1)', [advisoryLocks.testTemplate]);
  try {
    if (await exists(server, name)) return;
    const draft = `${name}_draft`;
    await server.query(`drop database if exists ${draft} with (force)`);
    await server.query(`create database ${draft}`);
    const db = openDatabase({ url: withDatabase(url, draft), max: 1 });
    try {
      await migrate(db);
    } finally {
      await db.end();
    }
    await server.query(`alter database ${draft} rename to ${name}`);
  } finally {
    await server.query('select pg_advisory_unlock($1)', [advisoryLocks.testTemplate]);
  }
}

async function onServer<T>(url: string, work: (server: Database) => Promise<T>): Promise<T> {
  // An advisory lock belongs to a connection: one connection takes and releases it.
  const server = openDatabase({ url, max: 1 });
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

/** Returns a migrated, empty database. Close it in afterAll. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `dd_test_${randomBytes(6).toString('hex')}`;
  const url = withDatabase(server, name);
  await onServer(server, async (admin) => {
    const template = await templateName();
    await makeTemplate(admin, server, template);
    await admin.query(`create database ${name} template ${template}`);
  });
  const db = openDatabase({ url });
  return {
    db,
    url,
    async close() {
      await db.end();
      await onServer(server, async (admin) => {
        const leaked = await leakedSessions(admin, name);
        await admin.query(`drop database if exists ${name} with (force)`);
        if (leaked.length > 0)
          throw new Error(`connections to the test's database were not closed:\n${leaked.join('\n')}`);
      });
    },
  };
}

/** Milliseconds for a session to end after its connection closes: the server notices at its next read. */
const sessionsEndWithin = 2_000;

/** The last statement of each open session, one line each, without autovacuum. */
async function leakedSessions(admin: Database, name: string): Promise<string[]> {
  const end = performance.now() + sessionsEndWithin;
  for (;;) {
    const open = await admin.query<{ session: string }>(
      `select concat_ws(' ', pid, application_name, state, 'since', backend_start, 'last ran:', query) as session
       from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (open.length === 0 || performance.now() > end) return open.map(({ session }) => session);
    await delay(20);
  }
}

export interface OwnCluster {
  url: string;
  dataDir: string;
  /** Kills the server as a power cut would. */
  kill(): void;
  /** Starts the server again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A folder that an unprivileged PostgreSQL can enter when root runs the tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), temporaryPrefix));
  await chmod(folder, 0o755);
  return folder;
}

export interface ClusterOptions {
  /** An address beside 127.0.0.1, for hosts in other network namespaces. */
  address?: string;
  connections?: number;
}

/** Lets clients of any address in, and makes the server listen at `address` from its next start. */
async function listenAt(server: Database, address: string): Promise<void> {
  await server.query(`alter system set listen_addresses = '127.0.0.1,${address}'`);
  const { file } = await server.one<{ file: string }>(`select current_setting('hba_file') as file`);
  await appendFile(file, 'host all all 0.0.0.0/0 scram-sha-256\n');
}

/** Starts a separate, migrated server, which the test may kill. Takes about a second. */
export async function ownCluster({ address, connections = 0 }: ClusterOptions = {}): Promise<OwnCluster> {
  const dataDir = await temporaryFolder();
  holdDataDir(dataDir).describe('by a test');
  const start = () => startPostgres({ dataDir, log, durable: false, connections });
  let server = await start();
  await onServer(server.url, migrate);
  const restart = async (): Promise<void> => {
    await server.stop();
    server = await start();
  };
  if (address !== undefined && address !== '127.0.0.1') {
    await onServer(server.url, (admin) => listenAt(admin, address));
    await restart();
  }
  return {
    url: server.url,
    dataDir,
    kill: () => void process.kill(server.pid, 'SIGQUIT'),
    restart,
    async close() {
      await server.stop();
      await destroyPostgres(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
