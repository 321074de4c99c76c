import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { countActive } from './store.js';

/** Counts the active readers of a newsletter, including paused ones. */
export async function countReaders(db: Db, newsletterId: string): Promise<number> {
  return isId(newsletterId) ? countActive(db, newsletterId) : 0;
}
