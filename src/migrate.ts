// Brings the database to the newest schema: the numbered files of src/migrations, each once, in order.
import { readdir, readFile } from 'node:fs/promises';
import type { Db } from './db.js';
import { packageRoot } from './config/environment.js';

const folder = new URL('src/migrations/', packageRoot);
// Any number that no other program locks in this database.
const lock = 7_231_104;

/** Applies what is missing and returns the names of the applied files. Safe to run from several processes at once. */
export async function migrate(db: Db): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [lock]);
    await tx.query(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const applied = new Set(await appliedMigrations(tx));
    const missing = files.filter((name) => !applied.has(name));
    for (const name of missing) {
      await tx.query(await readFile(new URL(name, folder), 'utf8'));
      await tx.query('insert into migrations (name) values ($1)', [name]);
    }
    return missing;
  });
}

/** The names of the applied files, in order. */
export async function appliedMigrations(db: Db): Promise<string[]> {
  const rows = await db.query<{ name: string }>('select name from migrations order by name');
  return rows.map(({ name }) => name);
}
