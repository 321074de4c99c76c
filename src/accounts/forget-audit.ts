// Deletes old entries of the audit log.
import { cutoff, type Retention } from '../config/retention.js';
import type { Db } from '../db.js';
import { deleteOldAudit } from './store.js';

const lot = 1_000;

/** Deletes one lot of the entries that are older than the retention. Returns the number deleted. */
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
