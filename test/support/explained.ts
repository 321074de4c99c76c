// A database that explains each statement before it runs, so that a test can count the rows it reads in vain.
import type { Db } from '../../src/db.js';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Loops': number;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/** A step of a statement that read rows of a table. */
export interface Reading {
  statement: string;
  table: string;
  how: string;
  /** Rows that the step read and discarded, in all its loops. */
  discarded: number;
  /** Rows that the step returned, in all its loops. */
  returned: number;
}

function* readings(node: PlanNode, statement: string): Generator<Reading> {
  const loops = node['Actual Loops'];
  // A bitmap names only its index.
  const table = node['Relation Name'] ?? node['Index Name'];
  if (table !== undefined)
    yield {
      statement,
      table,
      how: [node['Node Type'], node['Index Name']].filter(Boolean).join(' '),
      discarded:
        ((node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) * loops,
      returned: node['Actual Rows'] * loops,
    };
  for (const child of node.Plans ?? []) yield* readings(child, statement);
}

const canBeExplained = /^\s*(?:with|select|insert|update|delete)\b/;

/** Runs each statement twice: under `explain analyze`, whose changes are rolled back, and then as it is. */
export function explained(db: Db, note: (reading: Reading) => void): Db {
  const explain = async (tx: Db, text: string, params: readonly unknown[] = []): Promise<void> => {
    if (!canBeExplained.test(text)) return;
    await tx.query('savepoint explaining');
    const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, timing off, format json) ${text}`,
      params,
    );
    await tx.query('rollback to savepoint explaining');
    await tx.query('release savepoint explaining');
    for (const reading of readings(row?.['QUERY PLAN'][0].Plan as PlanNode, text)) note(reading);
  };
  const inside = (tx: Db): Db => ({
    query: async (text, params) => (await explain(tx, text, params), tx.query(text, params)),
    maybeOne: async (text, params) => (await explain(tx, text, params), tx.maybeOne(text, params)),
    one: async (text, params) => (await explain(tx, text, params), tx.one(text, params)),
    change: async (text, params) => (await explain(tx, text, params), tx.change(text, params)),
    transaction: (work) => tx.transaction((inner) => work(inside(inner))),
  });
  const alone =
    (name: 'query' | 'maybeOne' | 'one' | 'change') =>
    (text: string, params?: readonly unknown[]): Promise<never> =>
      db.transaction((tx) => inside(tx)[name](text, params) as Promise<never>);
  return {
    query: alone('query'),
    maybeOne: alone('maybeOne'),
    one: alone('one'),
    change: alone('change'),
    transaction: (work) => db.transaction((tx) => work(inside(tx))),
  };
}
