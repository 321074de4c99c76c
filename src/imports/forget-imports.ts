// Forgets the rows of imports that ended long ago; from then on they cannot be undone. A lot a call: the rest
// waits for the next sweep.
import { cutoff, type Retention } from '../config/retention.js';
import type { Db } from '../db.js';
import * as store from './store-retention.js';

const lot = 1_000;

/** Returns how many rows were forgotten. */
export async function forgetImports({
  db,
  retention,
  now,
}: {
  db: Db;
  retention: Retention;
  now: () => Date;
}): Promise<number> {
  const before = cutoff(retention, 'imports', now());
  return before === undefined ? 0 : store.deleteImports(db, { before, limit: lot });
}
