import type { Db } from '../db.js';
import { deleteExpiredLimits } from './store.js';

/** Deletes expired counts, of signing in and of subscribing; returns how many. */
export function forgetLimits(deps: { db: Db; now: () => Date }): Promise<number> {
  return deleteExpiredLimits(deps.db, deps.now().getTime());
}
