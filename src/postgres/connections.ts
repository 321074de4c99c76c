// Connections to PostgreSQL, and pools of them. Only this folder imports pg.
import pg from 'pg';
import {
  ConnectionWatch,
  type ServerProcess,
  type ServerView,
  type WatchedConnection,
} from './connection-watch.js';
import { libpqUrl } from './url.js';
import { endIdle, selectRunning, setSession } from './store.js';

export type Pool = pg.Pool;
export type PoolMember = pg.ClientBase;
export type PoolClient = pg.PoolClient;
export type Result = pg.QueryResult<Record<string, unknown>>;

/** Milliseconds. */
const connectWithin = 10_000;
const idleFor = 30_000;
const keepAliveAfter = 10_000;
const usualSilence = 5_000;
/** The server cancels a statement first, and says so. This much later the connection is cut. */
const beyondStatement = 30_000;

/**
 * The server ends a transaction whose client is gone, so that its locks are freed: after 60 s of silence, or
 * after two minutes between two statements. Units are PostgreSQL's: seconds for keepalives, else milliseconds.
 */
const sessionSettings = {
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '60000',
  idle_in_transaction_session_timeout: '120000',
};

export interface PoolOptions {
  url: string;
  /** Connections at most. */
  max: number;
  watch: ConnectionWatch;
  /** True: a pooler gives each transaction another session. Settings are then impossible. */
  pooled?: boolean | undefined;
  /** Milliseconds after which the server cancels a statement; undefined: never. */
  statementTimeout?: number | undefined;
  /** Further settings of each session. */
  settings?: Readonly<Record<string, string>>;
  /** Called with each new connection, before its first use. */
  prepare?: (client: PoolMember) => Promise<unknown>;
  onError: (error: Error) => void;
}

type WatchedConfig = pg.ClientConfig & { watch?: ConnectionWatch };

/** Fields of pg that its types do not declare. A test cuts a connection, and would notice their loss. */
interface Undeclared {
  readyForQuery?: boolean;
  connection: { stream: { bytesRead: number; destroy(error: Error): void } };
}

/**
 * A connection with an error listener. The pool replaces a broken connection at the next query. It listens to
 * idle connections only, and BullMQ listens to none while it sets itself up. Without a listener, a broken
 * connection would end the process.
 */
class DatabaseConnection extends pg.Client implements WatchedConnection {
  process: ServerProcess | 'hidden' | undefined;

  constructor(config?: WatchedConfig) {
    super(config);
    this.on('error', () => undefined);
    const watch = config?.watch;
    watch?.add(this);
    this.once('end', () => watch?.remove(this));
  }

  get #inside(): Undeclared {
    return this as unknown as Undeclared;
  }

  isWaiting(): boolean {
    return this.#inside.readyForQuery === false;
  }

  isInTransaction(): boolean {
    return this.getTransactionStatus() !== 'I';
  }

  waitsForNotification(): boolean {
    return this.listenerCount('notification') > 0;
  }

  bytesRead(): number {
    return this.#inside.connection.stream.bytesRead;
  }

  ping(): void {
    this.query('select 1').catch(() => undefined);
  }

  cut(error: Error): void {
    this.#inside.connection.stream.destroy(error);
  }
}

/** Opens a pool. It connects on demand: if the database is down, the query fails. */
export function openPool(options: PoolOptions): Pool {
  const { url, max, watch, pooled = false, statementTimeout, settings, prepare, onError } = options;
  const session = {
    ...sessionSettings,
    ...(statementTimeout === undefined ? {} : { statement_timeout: String(statementTimeout) }),
    ...settings,
  };
  // The pool awaits the returned promise, although its types do not say so.
  const onConnect = (client: pg.ClientBase): unknown =>
    setSession(client, pooled ? {} : session).then((process) => {
      if (client instanceof DatabaseConnection) client.process = pooled ? 'hidden' : (process ?? 'hidden');
      return prepare?.(client);
    });
  const config: pg.PoolConfig & WatchedConfig = {
    connectionString: libpqUrl(url),
    max,
    connectionTimeoutMillis: connectWithin,
    idleTimeoutMillis: idleFor,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfter,
    onConnect,
    Client: DatabaseConnection,
    watch,
  };
  return new pg.Pool(config).on('error', onError);
}

/** A connection of its own, outside of any pool. `answerWithin` milliseconds are the most for each answer. */
export async function connectOnce(url: string, answerWithin: number): Promise<pg.Client> {
  const client = new DatabaseConnection({
    connectionString: libpqUrl(url),
    connectionTimeoutMillis: answerWithin,
    query_timeout: answerWithin,
  });
  await client.connect();
  return client;
}

/** Asks the server over a new connection, because the known ones may be lost. */
function serverView(url: string, answerWithin: number): ServerView {
  async function withConnection<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connectOnce(url, answerWithin);
    try {
      return await work(client);
    } finally {
      void client.end();
    }
  }
  return {
    running: (processes) => withConnection((client) => selectRunning(client, processes)),
    end: (processes) => withConnection((client) => endIdle(client, processes)),
  };
}

export interface DatabaseWatchOptions {
  url: string;
  /** Milliseconds without a byte of an answer after which a connection is suspect. */
  silence?: number | undefined;
  statementTimeout?: number | undefined;
  onError: (error: Error) => void;
}

/** Watches the connections of a process to one database. */
export function watchDatabase({
  url,
  silence = usualSilence,
  statementTimeout,
  onError,
}: DatabaseWatchOptions): ConnectionWatch {
  return new ConnectionWatch({
    server: serverView(url, Math.min(silence, usualSilence)),
    silence,
    limit: statementTimeout === undefined ? Infinity : statementTimeout + beyondStatement,
    isUnreachable: (error) => !(error instanceof pg.DatabaseError),
    onCut: onError,
  });
}
