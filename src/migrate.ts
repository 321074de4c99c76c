// Brings the database to the newest schema: the numbered files of src/migrations, each once, in order.
import { readdir, readFile } from 'node:fs/promises';
import { advisoryLocks, type Db } from './db.js';
import { packageRoot } from './config/environment.js';
import { errorCode } from './error-code.js';

/** The program cannot work with the database's schema. The message is one line, for the terminal. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

const folder = new URL('src/migrations/', packageRoot);

/**
 * Seconds that a statement of a migration waits for a lock. All later statements on the table wait behind
 * it, so it must give up before they stop the service. It is longer than the longest transaction of normal
 * operation, the fan-out, which takes up to ten seconds for a million readers.
 */
const patience = 12;

/** How often a deadlock with the service that goes on beside is tried again. */
const tries = 5;

/**
 * Applies the missing files in one transaction and returns their names. Several processes may call it.
 * Throws MigrationError, with the database unchanged, if it holds migrations that this program does not know,
 * or if a statement waits longer than `lockTimeout` seconds for a lock. `only`: applies only these files.
 */
export async function migrate(
  db: Db,
  { lockTimeout = patience, only }: { lockTimeout?: number; only?: readonly string[] | undefined } = {},
): Promise<string[]> {
  const known = await knownMigrations();
  for (let attempt = 1; ; attempt += 1)
    try {
      return await db.transaction((tx) => applyMissing(tx, { known, lockTimeout, only }));
    } catch (error) {
      // The files lock one table after another, and a worker may lock the same ones in another order.
      if (isDeadlock(error) && attempt < tries) continue;
      if (isLockTimeout(error) || isDeadlock(error))
        throw new MigrationError(
          `a migration waited ${isDeadlock(error) ? 'in vain' : `${lockTimeout} s`} for a lock and gave up, and nothing has changed: try again when less mail is going out`,
          { cause: error },
        );
      throw error;
    }
}

async function applyMissing(
  tx: Db,
  {
    known,
    lockTimeout,
    only,
  }: { known: readonly string[]; lockTimeout: number; only: readonly string[] | undefined },
): Promise<string[]> {
  // No limit here: another process may be migrating, however long that takes.
  await tx.query('set local lock_timeout = 0');
  await tx.query('select pg_advisory_xact_lock($1)', [advisoryLocks.migrations]);
  const isNew = !(await hasMigrations(tx));
  const applied = isNew ? [] : await appliedMigrations(tx);
  refuseUnknown(applied, known);
  await tx.query(`set local lock_timeout = '${lockTimeout}s'`);
  if (isNew)
    await tx.query(
      'create table migrations (name text primary key, applied_at timestamptz not null default now())',
    );
  const missing = known.filter((name) => !applied.includes(name) && (only?.includes(name) ?? true));
  for (const name of missing) {
    await tx.query(await readFile(new URL(name, folder), 'utf8'));
    await tx.query('insert into migrations (name) values ($1)', [name]);
  }
  return missing;
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

function isLockTimeout(error: unknown): boolean {
  // SQLSTATE 55P03: lock_not_available.
  return errorCode(error) === '55P03';
}

function isDeadlock(error: unknown): boolean {
  // SQLSTATE 40P01: deadlock_detected.
  return errorCode(error) === '40P01';
}
