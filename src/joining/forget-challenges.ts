import type { Db } from '../db.js';
import { deleteUsedChallenges } from './store-abuse.js';

/** Deletes used challenges that have expired: an expired challenge cannot be used again. Returns how many. */
export function forgetChallenges({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  return deleteUsedChallenges(db, now());
}
