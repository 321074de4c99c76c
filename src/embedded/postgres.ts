// The PostgreSQL of a machine without one, shared by every process that works on the same DATA_DIR.
//
// 1. A process that needs it registers (a file with its pid in DATA_DIR/run/postgres-users), and starts it
//    unless it runs.
// 2. A process that is done removes its file, and stops the server if no living process is registered.
//
// Both steps hold one lock, so that no process stops a server that another has just found. If a process is
// killed, the last of its children stops the server. If they were killed too, the server goes on: the next
// process finds it and ignores the dead process's file.
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { openDatabase } from '../db.js';
import type { Log } from '../log.js';
import { applicationRole, makeApplicationRole } from './application-role.js';
import { EmbeddedError } from './failure.js';
import { makeFolder, readJson, writePrivateFile } from './files.js';
import { withLock } from './lock.js';
import { freePort } from './ports.js';
import { makeCluster, role, type Cluster } from './postgres-cluster.js';
import { deletePostgres, hasPostgres, placePostgres } from './postgres-place.js';
import { runningServer, startServer, stopServer } from './postgres-server.js';
import { isAlive, thisProcess, type ProcessName } from './processes.js';

export interface EmbeddedPostgres {
  /** For the role that owns the tables and migrates them. */
  url: string;
  /** For the service's role, which may not change the audit log. */
  applicationUrl: string;
  /** The server's process. */
  pid: number;
  /** Ends our use of the server, and stops it if no other process uses it. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  dataDir: string;
  log: Log;
  /** False: commits do not wait for the disk, so a crash of the machine may lose data. Default: true. */
  durable?: boolean;
  /** Connections that all processes may open together. PostgreSQL's default is enough for a few workers. */
  connections?: number;
  /** True: restarts a server that ends by itself (as on a full disk), until `stop`. */
  keep?: boolean;
}

/**
 * Milliseconds between checks of a server that is kept running, and until the next try after a failed
 * restart.
 */
const lookEvery = 2_000;
const tryAgainAfter = 10_000;

interface Remembered {
  port: number;
  password: string;
  /** Of the service's role. Absent: the cluster is from before that role. */
  applicationPassword?: string;
}

const runFolder = (dataDir: string): string => path.join(dataDir, 'run');
const usersFolder = (dataDir: string): string => path.join(runFolder(dataDir), 'postgres-users');
const underLock = <T>(dataDir: string, work: () => Promise<T>): Promise<T> =>
  withLock(runFolder(dataDir), 'postgres.lock', work);

function register(dataDir: string): string {
  makeFolder(usersFolder(dataDir));
  const file = path.join(usersFolder(dataDir), `${process.pid}-${randomBytes(4).toString('hex')}`);
  writePrivateFile(file, JSON.stringify(thisProcess));
  return file;
}

function livingUsers(dataDir: string): number {
  makeFolder(usersFolder(dataDir));
  let living = 0;
  for (const name of readdirSync(usersFolder(dataDir))) {
    const file = path.join(usersFolder(dataDir), name);
    const user = readJson(file) as ProcessName | undefined;
    if (user && isAlive(user)) living++;
    else rmSync(file, { force: true });
  }
  return living;
}

async function start(cluster: Cluster, remembered: Remembered): Promise<number> {
  const wanted = await freePort(remembered.port > 0 ? [remembered.port] : []);
  try {
    await startServer(cluster, wanted);
    return wanted;
  } catch (error) {
    // Another program took the port between our check and PostgreSQL's start.
    if (!(error instanceof Error) || !error.message.includes('could not bind')) throw error;
    const another = await freePort();
    await startServer(cluster, another);
    return another;
  }
}

const urlOf = (password: string, port: number, database: string, as = role): string =>
  `postgres://${as}:${password}@127.0.0.1:${port}/${database}`;

/** Makes the database and the service's role. */
async function makeDatabase(password: string, port: number, applicationPassword: string): Promise<void> {
  const db = openDatabase({ url: urlOf(password, port, 'postgres'), max: 1 });
  try {
    const found = await db.maybeOne('select 1 as found from pg_database where datname = $1', [role]);
    if (!found) await db.query(`create database ${role}`);
    await makeApplicationRole(db, applicationPassword);
  } finally {
    await db.end();
  }
}

/** Starts the server if needed, and returns its URLs. The caller must hold the lock and be registered. */
async function provide({
  dataDir,
  log,
  durable = true,
  connections = 0,
}: PostgresOptions): Promise<Omit<EmbeddedPostgres, 'stop'>> {
  const cluster: Cluster = { ...(await placePostgres(dataDir)), durable, connections };
  const file = path.join(dataDir, 'postgres.json');
  const remembered = (readJson(file) as Remembered | undefined) ?? {
    port: 0,
    password: randomBytes(24).toString('hex'),
  };
  writePrivateFile(file, JSON.stringify(remembered));
  await makeCluster(cluster, remembered.password);
  const { password, applicationPassword = randomBytes(24).toString('hex') } = remembered;
  const found = ({ pid, port }: { pid: number; port: number }) => ({
    pid,
    url: urlOf(password, port, role),
    applicationUrl: urlOf(applicationPassword, port, role, applicationRole),
  });
  const running = await runningServer(cluster);
  if (running) {
    // The one living user is this process.
    if (livingUsers(dataDir) <= 1)
      log.info(
        { pid: running.pid },
        'an earlier process left the embedded PostgreSQL running; it is used again',
      );
    if (remembered.applicationPassword !== undefined) return found(running);
    await makeDatabase(password, running.port, applicationPassword);
    writePrivateFile(file, JSON.stringify({ ...remembered, applicationPassword }));
    return found(running);
  }
  log.info({ folder: cluster.folder, account: cluster.account?.name }, 'starting the embedded PostgreSQL');
  const port = await start(cluster, remembered);
  writePrivateFile(file, JSON.stringify({ ...remembered, port }));
  await makeDatabase(password, port, applicationPassword);
  writePrivateFile(file, JSON.stringify({ port, password, applicationPassword }));
  const started = await runningServer(cluster);
  if (!started) throw new Error('PostgreSQL ended right after its start');
  return found(started);
}

async function leave(dataDir: string, registration: string): Promise<void> {
  await underLock(dataDir, async () => {
    rmSync(registration, { force: true });
    if (livingUsers(dataDir) === 0) await stopServer(await placePostgres(dataDir));
  });
}

/**
 * Stops the server at a signal without another listener: such a signal would end us and leave the server
 * running.
 */
function stopOnSignals(stop: () => Promise<void>): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const answer = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    void stop().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.on(signal, answer);
  return () => {
    for (const signal of signals) process.off(signal, answer);
  };
}

/** Restarts the server whenever it ends by itself. Returns a function that stops this. */
function keepRunning(options: PostgresOptions, url: string): () => Promise<void> {
  const { dataDir, log } = options;
  const place = placePostgres(dataDir);
  let quietUntil = 0;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    if (await runningServer(await place)) return;
    log.error({ dataDir }, 'the embedded PostgreSQL ended by itself; restarting it');
    const again = await underLock(dataDir, () => provide(options));
    if (again.url !== url) throw new EmbeddedError('its port is in use by another program: start again');
    log.warn({ dataDir }, 'the embedded PostgreSQL runs again');
  };
  const timer = setInterval(() => {
    if (Date.now() < quietUntil) return;
    quietUntil = Infinity;
    looking = look().then(
      () => void (quietUntil = 0),
      (err: unknown) => {
        log.error({ err }, 'could not restart the embedded PostgreSQL; trying again');
        quietUntil = Date.now() + tryAgainAfter;
      },
    );
  }, lookEvery);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

/**
 * Starts DATA_DIR's PostgreSQL 18 unless it runs, and returns its URLs. Call stop() when done.
 * Throws EmbeddedError if the machine cannot run it. The message says why, and what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir } = options;
  makeFolder(dataDir);
  let registration = '';
  const found = await underLock(dataDir, () => {
    registration = register(dataDir);
    return provide(options);
  }).catch((error: unknown) => {
    if (registration !== '') rmSync(registration, { force: true });
    throw error;
  });
  const letGo = options.keep ? keepRunning(options, found.url) : () => Promise.resolve();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= letGo()
      .then(() => leave(dataDir, registration))
      .finally(ignoreSignals));
  const ignoreSignals = stopOnSignals(stop);
  return { ...found, stop };
}

/**
 * A child of a killed process calls it at its end: stops the server at `url` if it is the one of DATA_DIR,
 * no living process is registered, and no other child is still connected. Returns whether it stopped.
 */
export async function stopOrphanedPostgres(dataDir: string, url: string | undefined): Promise<boolean> {
  if (url === undefined || !hasPostgres(dataDir)) return false;
  return underLock(dataDir, async () => {
    const place = await placePostgres(dataDir);
    const running = livingUsers(dataDir) > 0 ? undefined : await runningServer(place);
    if (!running || new URL(url).host !== `127.0.0.1:${running.port}`) return false;
    if (await hasOtherConnections(url)) return false;
    await stopServer(place);
    return true;
  });
}

async function hasOtherConnections(url: string): Promise<boolean> {
  const db = openDatabase({ url, max: 1 });
  try {
    const { others } = await db.one<{ others: boolean }>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend') as others`,
    );
    return others;
  } finally {
    await db.end();
  }
}

/** Stops DATA_DIR's PostgreSQL, even if other processes use it, and deletes its data. */
export async function destroyPostgres(dataDir: string): Promise<void> {
  if (!hasPostgres(dataDir)) return;
  await underLock(dataDir, async () => {
    await stopServer(await placePostgres(dataDir));
    await deletePostgres(dataDir);
    rmSync(path.join(dataDir, 'postgres.json'), { force: true });
  });
}
