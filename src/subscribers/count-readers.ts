import { isId, type Db } from '../db.js';
import { countActive } from './store.js';

/** How many readers are active on a newsletter, those who pause included. */
export async function countReaders(db: Db, newsletterId: string): Promise<number> {
  return isId(newsletterId) ? countActive(db, newsletterId) : 0;
}
