// The sizes of the largest tables and of their indexes.
import type { Db } from '../../src/db.js';
import type { Figure } from '../figure.js';

const shown = 12;

interface Size {
  name: string;
  rows: number;
  table: number;
  indexes: number;
}

const gigabyte = 2 ** 30;

/** After `analyze`, which counts the rows. */
export async function sizes(db: Db): Promise<Figure[]> {
  const tables = await db.query<Size>(
    `select relname as name, greatest(reltuples, 0)::float as rows, pg_table_size(oid)::float as table,
       pg_indexes_size(oid)::float as indexes
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
     order by pg_total_relation_size(oid) desc limit $1`,
    [shown],
  );
  const indexes = await db.query<{ name: string; size: number }>(
    `select relname as name, pg_relation_size(oid)::float as size from pg_class
     where relkind = 'i' and relnamespace = 'public'::regnamespace order by pg_relation_size(oid) desc limit $1`,
    [shown],
  );
  const { whole } = await db.one<{ whole: number }>(
    'select pg_database_size(current_database())::float as whole',
  );
  return [
    { what: 'the database', value: whole / gigabyte, unit: 'GB' },
    ...tables.flatMap(({ name, rows, table, indexes: of }) => [
      {
        what: `${name}, ${Math.round(rows).toLocaleString('en-US')} rows`,
        value: table / gigabyte,
        unit: 'GB',
      },
      { what: `its indexes`, value: of / gigabyte, unit: 'GB' },
    ]),
    ...indexes.map(({ name, size }) => ({ what: `index ${name}`, value: size / gigabyte, unit: 'GB' })),
  ];
}
