// Fills large tables as a restore does: without their indexes and foreign keys, which are made again afterwards.
import type { Db } from '../../src/db.js';

interface Definition {
  owner: string;
  name: string;
  definition: string;
}

/** Indexes that belong to no constraint. The primary keys and unique constraints stay. */
const selectIndexes = (db: Db, tables: readonly string[]): Promise<Definition[]> =>
  db.query(
    `select x.indrelid::regclass::text as owner, i.relname as name, pg_get_indexdef(i.oid) as definition
     from pg_index x join pg_class i on i.oid = x.indexrelid
     where x.indrelid = any ($1::regclass[]::oid[]) and not exists (select from pg_constraint c where c.conindid = i.oid)
     order by i.oid`,
    [tables],
  );

const selectForeignKeys = (db: Db, tables: readonly string[]): Promise<Definition[]> =>
  db.query(
    `select conrelid::regclass::text as owner, conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where contype = 'f' and conrelid = any ($1::regclass[]::oid[]) order by oid`,
    [tables],
  );

/**
 * Entering ten million addresses into the index of trigrams one by one takes ten times as long as building it. Both kinds are
 * checked when they are made again, so the tables are as the schema wants them.
 */
export async function withoutIndexes<T>(
  db: Db,
  tables: readonly string[],
  work: () => Promise<T>,
  say: (text: string) => void,
): Promise<T> {
  const [indexes, keys] = [await selectIndexes(db, tables), await selectForeignKeys(db, tables)];
  for (const { owner, name } of keys) await db.query(`alter table ${owner} drop constraint ${name}`);
  for (const { name } of indexes) await db.query(`drop index ${name}`);
  const done = await work();
  say(`${indexes.length} indexes and ${keys.length} foreign keys`);
  await db.transaction(async (tx) => {
    await tx.query(`set local maintenance_work_mem = '1GB'`);
    for (const { definition } of indexes) await tx.query(definition);
    for (const { owner, name, definition } of keys)
      await tx.query(`alter table ${owner} add constraint ${name} ${definition}`);
    // Building an index counts the rows, which nobody has analyzed yet.
    for (const table of tables) await tx.query(`select pg_clear_relation_stats('public', $1)`, [table]);
  });
  return done;
}
