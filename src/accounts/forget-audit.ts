import { cutoff, type Retention } from '../config/retention.js';
import type { Db } from '../db.js';
import { deleteOldAudit } from './store.js';

const lot = 1_000;

/** Deletes entries of the audit log that are older than their retention. Returns how many. */
export async function forgetAudit({
  db,
  retention,
  now,
}: {
  db: Db;
  retention: Retention;
  now: () => Date;
}): Promise<number> {
  const before = cutoff(retention, 'audit', now());
  return before === undefined ? 0 : deleteOldAudit(db, { before, limit: lot });
}
