// The database as a whole: its tables are read and filled by their names, whatever feature owns them.
import type { Readable, Writable } from 'node:stream';
import type { CopyConnection } from '../postgres/copy.js';

export interface TableToCopy {
  name: string;
  columns: string[];
  /** An estimate of its size, for the progress. */
  bytes: number;
}

export interface SequenceValue {
  name: string;
  /** The last value that it gave. */
  value: string;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const list = (columns: readonly string[]): string => columns.map(quoted).join(', ');

/** All reads of the transaction see one moment. It blocks nobody. */
export async function beginSnapshot(connection: CopyConnection): Promise<void> {
  await connection.query('begin isolation level repeatable read, read only');
}

export async function begin(connection: CopyConnection): Promise<void> {
  await connection.query('begin');
}

export async function commit(connection: CopyConnection): Promise<void> {
  await connection.query('commit');
}

export async function rollBack(connection: CopyConnection): Promise<void> {
  await connection.query('rollback');
}

export async function selectMigrations(connection: CopyConnection): Promise<string[]> {
  const rows = await connection.query<{ name: string }>('select name from migrations order by name');
  return rows.map(({ name }) => name);
}

/** The fingerprint of the SECRET_KEY that signs. Undefined: the database has never been used. */
export async function selectFingerprint(connection: CopyConnection): Promise<string | undefined> {
  const [row] = await connection.query<{ fingerprint: string }>(
    `select encode(fingerprint, 'hex') as fingerprint from secret_keys where replaced_at is null`,
  );
  return row?.fingerprint;
}

/** The tables, without the record of the migrations. The queue is in another schema, and needs no backup. */
export async function selectTables(connection: CopyConnection): Promise<TableToCopy[]> {
  return connection.query(
    `select c.relname::text as name, pg_table_size(c.oid)::float8 as bytes,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migrations'
     order by c.relname`,
  );
}

/** Without those that have given no value. */
export async function selectSequences(connection: CopyConnection): Promise<SequenceValue[]> {
  return connection.query(
    `select sequencename::text as name, last_value::text as value from pg_sequences
     where schemaname = 'public' and last_value is not null
     order by sequencename`,
  );
}

export const copyTableOut = (
  connection: CopyConnection,
  { name, columns }: Pick<TableToCopy, 'name' | 'columns'>,
): Readable & { rowCount: number } => connection.copyOut(`copy ${quoted(name)} (${list(columns)}) to stdout`);

export const copyTableIn = (
  connection: CopyConnection,
  { name, columns }: Pick<TableToCopy, 'name' | 'columns'>,
): Writable & { rowCount: number } => connection.copyIn(`copy ${quoted(name)} (${list(columns)}) from stdin`);

/** Whether somebody has used the database. The rows that migrations insert do not count. */
export async function isUsed(connection: CopyConnection): Promise<boolean> {
  const [row] = await connection.query<{ used: boolean }>(
    `select exists (select from accounts) or exists (select from newsletters) or exists (select from subscribers)
       or exists (select from audit) as used`,
  );
  return row?.used === true;
}

/** Workers that gave a sign of life within the last minute. */
export async function countBeatingWorkers(connection: CopyConnection): Promise<number> {
  const [row] = await connection.query<{ living: number }>(
    `select count(*)::int as living from delivery_workers
     where ended_at is null and seen_at > now() - interval '1 minute'`,
  );
  return row?.living ?? 0;
}

/**
 * Prepares the transaction for rows in any order: without triggers, which would count each row again, and without
 * foreign keys. Removes the rows that migrations inserted. Returns the statements that restore the foreign keys.
 */
export async function openForRows(
  connection: CopyConnection,
  tables: readonly Pick<TableToCopy, 'name'>[],
): Promise<string[]> {
  const keys = await connection.query<{ drop: string; add: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
     from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  for (const key of keys) await connection.query(key.drop);
  for (const { name } of tables) await connection.query(`alter table ${quoted(name)} disable trigger user`);
  await connection.query(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`);
  return keys.map(({ add }) => add);
}

/** Restores triggers and foreign keys. Fails if the rows break a key. */
export async function closeForRows(
  connection: CopyConnection,
  tables: readonly Pick<TableToCopy, 'name'>[],
  foreignKeys: readonly string[],
): Promise<void> {
  for (const { name } of tables) await connection.query(`alter table ${quoted(name)} enable trigger user`);
  for (const statement of foreignKeys) await connection.query(statement);
}

export async function setSequence(connection: CopyConnection, { name, value }: SequenceValue): Promise<void> {
  await connection.query('select setval($1::regclass, $2)', [quoted(name), value]);
}

/** New rows have no statistics, and the first plans would be bad. */
export async function analyze(connection: CopyConnection): Promise<void> {
  await connection.query('analyze');
}
