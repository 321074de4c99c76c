import type { Db } from '../db.js';
import { deleteExpiredLimits } from './store.js';

/** Deletes the counts of callers whose time is over, of signing in and of subscribing alike; answers how many. */
export function forgetLimits(deps: { db: Db; now: () => Date }): Promise<number> {
  return deleteExpiredLimits(deps.db, deps.now().getTime());
}
