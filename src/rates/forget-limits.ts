// Deletes expired rate limits.
import type { Db } from '../db.js';
import { deleteExpiredLimits } from './store.js';

/** Deletes expired counts of sign-in attempts and subscribe requests. Returns the number deleted. */
export function forgetLimits(deps: { db: Db; now: () => Date }): Promise<number> {
  return deleteExpiredLimits(deps.db, deps.now().getTime());
}
