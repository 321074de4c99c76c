import type { Db } from '../db.js';
import { deleteUsedChallenges } from './store-abuse.js';

/** Forgets the used challenges that have expired, and so cannot be used again anyway; answers how many. */
export function forgetChallenges({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  return deleteUsedChallenges(db, now());
}
