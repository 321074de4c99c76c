// For statements that read the first rows of an index in its order.
import type { Db } from '../db.js';

/**
 * Until the transaction ends, the planner neither reads whole tables nor sorts. On a table that was filled a minute ago it
 * knows nothing of the rows, and would rather sort a million of them than follow the index that has them in order.
 */
export async function keepToIndexes(tx: Db): Promise<void> {
  await tx.query(
    `select set_config(name, 'off', true) from unnest('{enable_seqscan,enable_bitmapscan,enable_sort,enable_incremental_sort}'::text[]) name`,
  );
}
