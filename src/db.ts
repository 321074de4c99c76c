// The database: queries and transactions.
//
// Column names come back in camelCase. bigint ids come back as strings (they are opaque, and a number would
// lose digits); cast counts with ::int. timestamptz comes back as Date.
import { types } from 'node:util';
import { second } from './durations.js';
import { errorCode } from './error-code.js';
import { openPool, watchDatabase, type Pool, type PoolClient, type Result } from './postgres/connections.js';

export interface Db {
  /** Runs one statement and returns its rows. */
  query<Row extends object>(
    text: string,
    params?: readonly unknown[],
    options?: StatementOptions,
  ): Promise<Row[]>;
  /** The only row, or undefined: "no row" is an answer. Throws if there are more. */
  maybeOne<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row | undefined>;
  /** The only row. Throws if there is not exactly one. */
  one<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row>;
  /** How many rows the statement changed. */
  change(text: string, params?: readonly unknown[]): Promise<number>;
  /**
   * Commits if `work` returns, rolls back if it throws (with an answer: rollBackWith). Inside a transaction:
   * the same transaction.
   */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>;
}

export interface StatementOptions {
  /** Prepares the statement once per connection. PostgreSQL decides whether each call gets a new plan. */
  name: string;
  /**
   * Plans the statement again only when the tables' statistics change. For a large statement that runs
   * thousands of times a second and whose best plan is the same for all parameters. Has no effect in a
   * transaction.
   */
  plan?: 'generic';
}

/** Carries the answer of a transaction that rolls back on purpose. */
class RollBack extends Error {
  readonly answer: unknown;
  constructor(answer: unknown) {
    super('rolled back on purpose');
    this.answer = answer;
  }
}

/**
 * Call it in a transaction: the outermost one rolls back, and returns `answer` instead of what its work
 * returns.
 */
export function rollBackWith(answer: unknown): never {
  throw new RollBack(answer);
}

/**
 * PostgreSQL's advisory locks that the product takes, so that no two uses share a number. The two-number form
 * is a space apart: `mailboxes` is its first number, the second a hash. A fan-out is locked by a hash of its
 * newsletter.
 */
export const advisoryLocks = {
  mailboxes: 7_231_028,
  keys: 7_231_106,
  migrations: 7_231_104,
  testTemplate: 7_231_105,
} as const;

export interface Database extends Db {
  /** Waits for running statements and closes every connection. */
  end(): Promise<void>;
  /** For the limiter of the package rate-limiter-flexible, which brings its own statements. */
  readonly pool: Pool;
}

export interface DatabaseOptions {
  url: string;
  /** Connections at most. */
  max?: number;
  /** Connections at most for statements with a generic plan, besides `max`. Default: as many. */
  maxGeneric?: number;
  /** True: a pooler gives each transaction another session. Named statements are then impossible. */
  pooled?: boolean;
  /** Milliseconds after which the server cancels a statement; undefined: never. */
  statementTimeout?: number;
  /** Milliseconds without an answer after which a connection may be lost. Tests shorten it. */
  silence?: number;
  onError?: (error: Error) => void;
}

type Run = (query: { text: string; values: unknown[] } & Partial<StatementOptions>) => Promise<Result>;

const camelCased = new Map<string, string>();

function camelCase(column: string): string {
  let name = camelCased.get(column);
  if (name === undefined) {
    name = column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    camelCased.set(column, name);
  }
  return name;
}

function rename(result: Result | Result[]): object[] {
  // A migration has several statements in one text, and so several results. Their rows are not needed.
  if (Array.isArray(result)) return [];
  const names = result.fields.map((field) => [field.name, camelCase(field.name)] as const);
  return result.rows.map((row) => {
    const renamed: Record<string, unknown> = {};
    for (const [column, name] of names) renamed[name] = row[column];
    return renamed;
  });
}

function queries(run: Run): Omit<Db, 'transaction'> {
  const query = async <Row extends object>(
    text: string,
    params: readonly unknown[] = [],
    options?: StatementOptions,
  ): Promise<Row[]> => rename(await run({ text, values: [...params], ...options })) as Row[];
  return {
    query,
    async maybeOne<Row extends object>(text: string, params: readonly unknown[] = []) {
      const rows = await query<Row>(text, params);
      if (rows.length > 1) throw new Error(`expected one row at most, got ${rows.length}: ${text}`);
      return rows[0];
    },
    async one<Row extends object>(text: string, params: readonly unknown[] = []) {
      const [row, ...others] = await query<Row>(text, params);
      if (row === undefined || others.length > 0)
        throw new Error(`expected one row, got ${row === undefined ? 0 : others.length + 1}: ${text}`);
      return row;
    },
    async change(text, params = []) {
      return (await run({ text, values: [...params] })).rowCount ?? 0;
    },
  };
}

function inTransaction(client: PoolClient): Db {
  const tx: Db = {
    ...queries(({ plan: _, ...query }) => client.query(query)),
    transaction: (work) => work(tx),
  };
  return tx;
}

/**
 * The same transaction for use cases that open their own: if one of them calls rollBackWith, what it did is rolled
 * back alone, and it gets its answer.
 */
export function withSavepoints(tx: Db): Db {
  return {
    ...tx,
    async transaction<T>(work: (inside: Db) => Promise<T>) {
      await tx.query('savepoint use_case');
      try {
        return await work(tx);
      } catch (error) {
        if (!(error instanceof RollBack)) throw error;
        await tx.query('rollback to savepoint use_case');
        return error.answer as T;
      }
    },
  };
}

/** Opens a pool on `url`. It connects on demand: if the database is down, the query fails. */
export function openDatabase(options: DatabaseOptions): Database {
  const {
    url,
    max = 10,
    maxGeneric = max,
    pooled,
    statementTimeout,
    silence,
    onError = () => undefined,
  } = options;
  // Behind such a pooler the server cannot be asked what a session does: a silent statement is cut after a minute.
  const limit = pooled ? 30 * second : statementTimeout;
  const watch = watchDatabase({ url, silence, statementTimeout: limit, onError });
  const open = (most: number, settings: Record<string, string>): Pool =>
    openPool({ url, max: most, watch, pooled, statementTimeout, settings, onError });
  const pool = open(max, {});
  // The setting belongs to a connection, and would slow most statements: hence a second pool.
  const generic = open(maxGeneric, { plan_cache_mode: 'force_generic_plan' });
  return {
    ...queries(({ plan, name, ...query }) => {
      if (pooled || name === undefined) return pool.query(query);
      return (plan === 'generic' ? generic : pool).query({ ...query, name });
    }),
    pool,
    async end() {
      await Promise.all([pool.end(), generic.end()]);
    },
    async transaction<T>(work: (tx: Db) => Promise<T>) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // Between two statements, only this event reports a lost connection. The next statement fails.
      const onBroken = (error: Error): void => {
        broken = error;
      };
      client.on('error', onBroken);
      try {
        await client.query('begin');
        const result = await work(inTransaction(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((rollbackError: Error) => {
          broken = rollbackError;
        });
        if (error instanceof RollBack) return error.answer as T;
        throw error;
      } finally {
        client.off('error', onBroken);
        client.release(broken);
      }
    },
  };
}

/** True if the database is unreachable, as opposed to a statement that it refused. */
export function isDatabaseUnavailable(error: unknown): boolean {
  // Not instanceof: a socket's error may come from another realm (a test's sandbox has its own Error).
  if (!types.isNativeError(error)) return false;
  // SQLSTATE class 08: connection exception; 53300: too many connections; 57P0x: shutting down or starting
  // up; 25P03: the session was ended because its transaction idled.
  if (/^(08|57P0|53300|25P03|ECONN|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)/.test(errorCode(error)))
    return true;
  return /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/.test(
    error.message,
  );
}

/** True if a text cannot be stored: it contains a NUL, or (as JSON) half of a surrogate pair. */
export function isUnstorableText(error: unknown): boolean {
  // SQLSTATE 22021: character not in repertoire; 22P05: untranslatable character.
  return ['22021', '22P05'].includes(errorCode(error));
}

/**
 * True if the same statement may succeed later. SQLSTATE classes 53: a full disk and the like; 58: input and
 * output; 40: a conflict with another transaction; 25006: a stand-by that is not promoted yet; 57014: the
 * statement took too long.
 */
export function mayPass(error: unknown): boolean {
  return isDatabaseUnavailable(error) || /^(53|58|40|25006|57014)/.test(errorCode(error));
}

/** The database's time. */
export async function databaseTime(db: Db): Promise<Date> {
  return (await db.one<{ at: Date }>('select clock_timestamp() as at')).at;
}

/** PostgreSQL's version, such as "18.4". */
export async function serverVersion(db: Db): Promise<string> {
  const { version } = await db.one<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  return version;
}

/** How many connections the server, its database and our role allow. Some of the server's are reserved. */
export async function connectionsAllowed(db: Db): Promise<number> {
  const { allowed } = await db.one<{ allowed: number }>(
    `select least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true), '0')::int,
       nullif(rolconnlimit, -1), nullif(datconnlimit, -1)) as allowed
     from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
  );
  return allowed;
}
