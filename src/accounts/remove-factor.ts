// Takes the second factor from an account.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { deleteFactor } from './store-factor.js';

/** False: the account has none. Call it in a transaction. */
export async function removeFactor(tx: Db, accountId: string): Promise<boolean> {
  return isId(accountId) && (await deleteFactor(tx, accountId));
}
