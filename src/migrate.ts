// Brings the database to the newest schema: the numbered files of src/migrations, each once, in order.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { advisoryLocks, type Db } from './db.js';
import { packageRoot } from './config/environment.js';
import { second } from './durations.js';
import { errorCode } from './error-code.js';

/** The program cannot work with the database's schema. The message is one line, for the terminal. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/** Other transactions kept the tables locked. */
class HeldUp extends Error {}

const folder = new URL('src/migrations/', packageRoot);

/**
 * Seconds for all tries together. It is longer than the longest transaction of normal operation, the fan-out,
 * which takes up to ten seconds for a million readers.
 */
const patience = 60;

/**
 * Milliseconds that a try waits for its locks. All other work on the tables waits behind it. PostgreSQL looks for a
 * deadlock after a second (`deadlock_timeout`): a shorter try ends before a worker's transaction is chosen to fail.
 */
const shortWait = 500;

/** Every fourth try waits longer: an autovacuum gives way only to a statement that has waited for a second. */
const longWait = 3_000;

/** Milliseconds between two tries, in which the other work goes on. */
const pause = 250;

/**
 * Applies the missing files in one transaction and returns their names. Several processes may call it.
 * Throws MigrationError, with the database unchanged, if it holds migrations that this program does not know,
 * or if its tables cannot be locked within `lockTimeout` seconds. `only`: applies only these files.
 */
export async function migrate(
  db: Db,
  { lockTimeout = patience, only }: { lockTimeout?: number; only?: readonly string[] | undefined } = {},
): Promise<string[]> {
  const known = await knownMigrations();
  const deadline = Date.now() + lockTimeout * second;
  for (let attempt = 1; ; attempt += 1)
    try {
      const wait = attempt % 4 === 0 ? longWait : shortWait;
      return await db.transaction((tx) => applyMissing(tx, { known, wait, only }));
    } catch (error) {
      if (!isHeldUp(error)) throw error;
      if (Date.now() > deadline)
        throw new MigrationError(
          `a migration could not lock the tables within ${lockTimeout} s and gave up, and nothing has changed: try again when less mail is going out`,
          { cause: error },
        );
      await delay(pause);
    }
}

async function applyMissing(
  tx: Db,
  { known, wait, only }: { known: readonly string[]; wait: number; only: readonly string[] | undefined },
): Promise<string[]> {
  // No limit here: another process may be migrating, however long that takes.
  await tx.query('set local lock_timeout = 0');
  await tx.query('select pg_advisory_xact_lock($1)', [advisoryLocks.migrations]);
  const isNew = !(await hasMigrations(tx));
  const applied = isNew ? [] : await appliedMigrations(tx);
  refuseUnknown(applied, known);
  if (isNew)
    await tx.query(
      'create table migrations (name text primary key, applied_at timestamptz not null default now())',
    );
  const missing = known.filter((name) => !applied.includes(name) && (only?.includes(name) ?? true));
  if (missing.length > 0) await lockTables(tx, wait);
  for (const name of missing) {
    await tx.query(await readFile(new URL(name, folder), 'utf8'));
    await tx.query('insert into migrations (name) values ($1)', [name]);
  }
  return missing;
}

/**
 * Locks all tables at once. Locked one after another, as the files change them, they would end in a deadlock with a
 * worker that uses the same tables in another order. Throws HeldUp after `wait` milliseconds.
 */
async function lockTables(tx: Db, wait: number): Promise<void> {
  const { tables } = await tx.one<{ tables: string }>(
    `select string_agg(oid::regclass::text, ', ' order by oid) as tables from pg_class
     where relkind in ('r', 'p') and relnamespace = (select relnamespace from pg_class where oid = 'migrations'::regclass)`,
  );
  const { limit } = await tx.one<{ limit: string }>(`select current_setting('statement_timeout') as limit`);
  const setLimit = 'select set_config($1, $2, true)';
  await tx.query(setLimit, ['statement_timeout', String(wait)]);
  try {
    await tx.query(`lock table ${tables} in access exclusive mode`);
  } catch (error) {
    // SQLSTATE 57014: query_canceled.
    throw errorCode(error) === '57014' ? new HeldUp('the tables are in use', { cause: error }) : error;
  }
  await tx.query(setLimit, ['statement_timeout', limit]);
}

/** The names of all files, in order. */
export async function knownMigrations(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
}

/** The names of the applied files, in order. */
export async function appliedMigrations(db: Db): Promise<string[]> {
  const rows = await db.query<{ name: string }>('select name from migrations order by name');
  return rows.map(({ name }) => name);
}

async function hasMigrations(db: Db): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(`select to_regclass('migrations') is not null as found`);
  return found;
}

/** Each migration builds on all before it: on a schema with unknown changes, known files may do harm. */
function refuseUnknown(applied: readonly string[], known: readonly string[]): void {
  const unknown = applied.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const [first = ''] = known;
  throw new MigrationError(
    applied.includes(first)
      ? `the database is newer than this program, which does not know the migration ${unknown}: run the newer version of Daily Digest`
      : `the database comes from an unreleased version of Daily Digest (it holds the migration ${unknown}, but not ${first}) and cannot be upgraded: use an empty database`,
  );
}

/** Whether the migration failed because of other transactions, so that another try may succeed. */
function isHeldUp(error: unknown): boolean {
  // SQLSTATE 55P03: lock_not_available. 40P01: deadlock_detected.
  return error instanceof HeldUp || ['55P03', '40P01'].includes(errorCode(error));
}
