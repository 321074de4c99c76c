import type { Db } from '../db.js';
import { lockFanOut } from './store.js';

/** Until the transaction ends nobody fans an issue of this newsletter out: what its readers have had stays as it is. */
export async function holdFanOut(tx: Db, newsletterId: string): Promise<void> {
  await lockFanOut(tx, newsletterId);
}
