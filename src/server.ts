// The parent of `npm start`.
//
// 1. lock DATA_DIR, and check that the port is free
// 2. supply what the environment does not configure: PostgreSQL, a mail catcher, SECRET_KEY
// 3. migrate the database, check SECRET_KEY, make the first account, and claim the queue
// 4. fork the web process and the workers, and restart those that die
// 5. at a signal: end the children while PostgreSQL and the catcher still run, then the catcher, then
//    PostgreSQL
import { startClock } from './clock.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { passwordProblemInEnglish } from './accounts/choose-password.js';
import { createAccount } from './accounts/create-account.js';
import { listAccounts } from './accounts/manage-accounts.js';
import { childEnvironment, type Config } from './config/environment.js';
import { listeningInWords } from './config/listening.js';
import { maskUrl } from './config/values.js';
import { evictionProblem, queueProblem } from './check-queue.js';
import { connectionProblem } from './connection-budget.js';
import { connectionsAllowed, isDatabaseUnavailable, openDatabase, type Db } from './db.js';
import { reportDeadWorker } from './delivery/recover.js';
import { noteRefusals } from './feedback/note-refusals.js';
import { settleDeadWorkers } from './delivery/settle-dead-workers.js';
import { EmbeddedError } from './embedded/failure.js';
import { holdDataDir } from './embedded/hold.js';
import { freePort, portProblem } from './embedded/ports.js';
import { migrateSupplied } from './embedded/migrate-supplied.js';
import { supply, type Supplies } from './embedded/supply.js';
import { installationOf } from './lifeline/lifeline.js';
import type { Log } from './log.js';
import { openKeys } from './keys/open-keys.js';
import { poolerProblem } from './postgres/pooler.js';
import { tlsAdvice } from './postgres/url.js';
import { openQueues } from './queues.js';
import { supervise, type Child } from './supervise.js';

export interface StartOptions {
  config: Config;
  log: Log;
  /** Starts one kind of process only; undefined: all. */
  only?: 'web' | 'workers' | undefined;
  /** False: the embedded database may lose data with the machine (demonstrations). */
  durable?: boolean;
  /** A file descriptor for the children's output; undefined: our stdout and stderr. */
  output?: number;
}

export interface Service {
  config: Supplies['config'];
  embeddedDatabase: boolean;
  /** True: an account exists, so the console is usable. */
  hasAccount: boolean;
  /** The page with caught mail, unless a relay is configured. */
  caughtMailUrl?: string;
  /** Ends everything in order. A second call meanwhile kills the children. */
  stop(): Promise<void>;
}

/** Milliseconds to wait for a database that is itself starting. */
const databasePatience = 20_000;

/** A refused connection to localhost is an AggregateError without a message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}

async function whenDatabaseAnswers(db: Db, url: string, log: Log): Promise<void> {
  for (const deadline = Date.now() + databasePatience; ; await sleep(500)) {
    try {
      await db.query('select 1');
      return;
    } catch (error) {
      const said = describe(error);
      if (!isDatabaseUnavailable(error) || Date.now() > deadline)
        throw new EmbeddedError(
          [`the database ${maskUrl(url)} does not answer: ${said}`, tlsAdvice(error) ?? []].flat().join(': '),
          { cause: error },
        );
      log.warn({ err: error }, 'the database does not answer yet');
    }
  }
}

async function warnOfFewConnections(db: Db, { config, log, only }: StartOptions): Promise<void> {
  const problem = connectionProblem(
    {
      web: only !== 'workers',
      listener: only !== 'workers' && config.feedbackListen !== undefined,
      workers: only === 'web' ? 0 : config.workers,
      queueInDatabase: config.queueUrl === undefined,
    },
    await connectionsAllowed(db),
  );
  if (problem !== undefined) log.warn(problem);
}

/** Migrates, checks SECRET_KEY, and makes the first account. False: there is still no account. */
async function prepareDatabase(supplies: Supplies, options: StartOptions): Promise<boolean> {
  const { config } = supplies;
  const { log } = options;
  const url = config.directUrl ?? config.databaseUrl;
  const db = openDatabase({ url, max: 1 });
  try {
    await whenDatabaseAnswers(db, url, log);
    // Through such a pooler, named statements fail and readers become uncertain.
    const problem = await poolerProblem(config);
    if (problem !== undefined) throw new EmbeddedError(problem);
    await warnOfFewConnections(db, options);
    const applied = await migrateSupplied(supplies);
    if (applied.length > 0) log.info({ applied }, 'database migrated');
    await openKeys(db, config);
    const { adminEmail: email, adminPassword: password } = config;
    if (email !== undefined && password !== undefined) {
      const made = await createAccount({ db }, { email, password, role: 'owner' });
      if (made.ok) log.info('first account made from ADMIN_EMAIL and ADMIN_PASSWORD');
      else if (made.code === 'weak-password')
        throw new EmbeddedError(`ADMIN_PASSWORD cannot be used. ${passwordProblemInEnglish[made.problem]}`);
    }
    return (await listAccounts(db, { limit: 1 })).length > 0;
  } finally {
    await db.end();
  }
}

/** Throws if the queue is not ours, or cannot be. A Redis that is away does not stop the start. */
async function claimQueue({ config }: Supplies, log: Log): Promise<void> {
  if (config.queueUrl === undefined) return;
  const databaseUrl = config.directUrl ?? config.databaseUrl;
  const db = openDatabase({ url: databaseUrl, max: 1 });
  const queues = openQueues({ ...config, databaseUrl, log });
  const { server } = queues;
  try {
    const us = await installationOf(db);
    const problem = await queueProblem({ server, config }, us, { claim: true });
    if (problem !== undefined) throw new EmbeddedError(problem);
    const eviction = await evictionProblem({ server });
    if (eviction !== undefined) log.warn(eviction);
  } catch (error) {
    if (error instanceof EmbeddedError) throw error;
    log.warn({ err: error }, 'could not check the queue; the workers will');
  } finally {
    await queues.close();
    await db.end();
  }
}

/**
 * The children's environment: our variables, with the supplied values added. Caught mail needs no signature.
 */
function environmentOf({ config, smtpUrl }: Supplies): Record<string, string> {
  return childEnvironment({
    DATABASE_URL: config.databaseUrl,
    DATABASE_DIRECT_URL: config.directUrl,
    QUEUE_URL: config.queueUrl,
    QUEUE_PREFIX: config.queuePrefix,
    SECRET_KEY: config.secretKey,
    SECRET_KEY_PREVIOUS: config.previousKeys.join(','),
    ...(smtpUrl === undefined
      ? {}
      : { SMTP_URL: `${smtpUrl}${config.dkim.length === 0 ? '?dkim=off' : ''}` }),
    BASE_URL: config.baseUrl,
    HOST: config.host,
    PORT: String(config.port),
    DATA_DIR: config.dataDir,
    WORKERS: String(config.workers),
    LOG_LEVEL: config.logLevel,
    ALLOW_PRIVATE_FEEDS: config.allowPrivateFeeds.join(','),
    // The children do not need it: the account exists.
    ADMIN_PASSWORD: undefined,
  });
}

/**
 * Settles what a dead worker had claimed, and reports its death: its missing heartbeat need not be waited for.
 */
async function reportDeath({ config }: Supplies, log: Log, identity: string): Promise<void> {
  const db = openDatabase({ url: config.directUrl ?? config.databaseUrl, max: 1 });
  try {
    const { now } = await startClock(db);
    await settleDeadWorkers({ db, log, noteRefusals: noteRefusals(now), dataDir: config.dataDir });
    await reportDeadWorker(db, identity);
  } catch (error) {
    log.warn({ err: error }, 'could not report a dead worker; its missing heartbeat will show it');
  } finally {
    await db.end();
  }
}

function superviseAll(supplies: Supplies, { log, only, output }: StartOptions): Child[] {
  const env = environmentOf(supplies);
  const common = { env, log, output };
  const onDeath = (identity: string) => void reportDeath(supplies, log, identity);
  const children: Child[] = [];
  if (only !== 'workers') children.push(supervise({ ...common, name: 'web', program: 'dist/src/web.js' }));
  if (only !== 'workers' && supplies.config.feedbackListen !== undefined)
    children.push(supervise({ ...common, name: 'feedback', program: 'dist/src/cli/feedback/listener.js' }));
  if (only !== 'web')
    for (let number = 1; number <= supplies.config.workers; number++)
      children.push(
        supervise({ ...common, name: `worker ${number}`, program: 'dist/workers/run.js', onDeath }),
      );
  return children;
}

/** PORT=0 means any free port. The public address then gets that port too, unless BASE_URL names another. */
async function settlePort(config: Config): Promise<Config> {
  const { port: wanted, host } = config;
  const found = await portProblem(wanted, host);
  if (found?.cause === 'host')
    throw new EmbeddedError(`HOST is ${host}, but ${found.problem}: set another HOST`);
  if (found) throw new EmbeddedError(`PORT is ${wanted}, but ${found.problem} on ${host}: set another PORT`);
  if (wanted !== 0) return config;
  const port = await freePort([], config.host);
  return { ...config, port, baseUrl: config.baseUrl.replace(/:0$/, `:${port}`) };
}

/**
 * Starts the service and resolves when it answers requests. On failure, ends everything again and throws
 * EmbeddedError, MigrationError or KeyError.
 */
export async function startService(options: StartOptions): Promise<Service> {
  const { config: given, log, only, durable = true } = options;
  const undo: (() => Promise<void> | void)[] = [];
  let children: Child[] = [];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    if (stopped) for (const child of children) child.kill();
    return (stopped ??= undoAll());
  };
  try {
    // Any number of worker parents may share a DATA_DIR. A web parent may share it only if the database is
    // elsewhere.
    const hold =
      only === 'workers' || (only === 'web' && given.databaseUrl) ? undefined : holdDataDir(given.dataDir);
    undo.push(() => hold?.release());
    const config = only === 'workers' ? given : await settlePort(given);
    hold?.describe(`listening on port ${config.port}`);
    const supplies = await supply({ config, log, catcher: 'start', durable });
    undo.push(() => supplies.stop());
    const hasAccount = await prepareDatabase(supplies, options);
    await claimQueue(supplies, log);
    children = superviseAll(supplies, options);
    undo.push(async () => void (await Promise.all(children.map((child) => child.stop()))));
    await Promise.all(children.map((child) => child.ready)).catch((error: Error) => {
      throw new EmbeddedError(`${error.message}: see its output above`, { cause: error });
    });
    const { caughtMailUrl, embeddedDatabase } = supplies;
    return {
      config: supplies.config,
      embeddedDatabase,
      hasAccount,
      ...(caughtMailUrl === undefined ? {} : { caughtMailUrl }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function addresses(service: Service, only: StartOptions['only']): string {
  const { config, caughtMailUrl, embeddedDatabase, hasAccount } = service;
  const lines: [string, string][] = [];
  if (only !== 'workers') {
    const unused = hasAccount ? '' : '  (first: npm run digest -- account create --email you@example.org)';
    const { listens, metrics } = listeningInWords(config);
    lines.push(
      ['Site', config.baseUrl],
      ['Console', `${config.baseUrl}/console${unused}`],
      ['Listens', listens],
      ['Metrics', metrics],
    );
  }
  if (caughtMailUrl !== undefined)
    lines.push([
      'Mail',
      `${caughtMailUrl}  (SMTP_URL is not set: mail is caught here, and only this machine reads it)`,
    ]);
  if (embeddedDatabase)
    lines.push([
      'Data',
      `${config.dataDir}  (DATABASE_URL is not set: an embedded PostgreSQL runs here, for this machine only)`,
    ]);
  const what =
    only === 'web'
      ? 'web'
      : `${only === undefined ? 'web and ' : ''}${config.workers} ${config.workers === 1 ? 'worker' : 'workers'}`;
  return [
    `Daily Digest is running: ${what}, process ${process.pid}.`,
    ...lines.map(([name, value]) => `  ${name.padEnd(9)}${value}`),
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

/** Calls `stop` at each signal that asks the process to end. Resolves when it is done. */
export function untilSignal(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => void stop().then(resolve, reject));
  });
}

/** `npm start`: runs until a signal. Throws EmbeddedError if it cannot start. */
export async function start(options: StartOptions): Promise<void> {
  const { log, only } = options;
  let service: Service | undefined;
  const starting = startService(options);
  // A signal during the start waits for its end, because a half-started service cannot stop in order.
  const ended = untilSignal(async () => (service ?? (await starting)).stop());
  // A start that fails throws below.
  ended.catch(() => undefined);
  service = await starting;
  process.stdout.write(addresses(service, only));
  await ended;
  log.info('stopped');
}
