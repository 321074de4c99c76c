// Takes the second factor from an account: its app, its passkeys and its recovery codes.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { deletePasskeysOf } from './passkeys/store.js';
import { deleteFactor } from './store-factor.js';

/** False: the account has none. Call it in a transaction. */
export async function removeFactor(tx: Db, accountId: string): Promise<boolean> {
  if (!isId(accountId)) return false;
  const passkeys = await deletePasskeysOf(tx, accountId);
  const hadApp = await deleteFactor(tx, accountId);
  return hadApp || passkeys > 0;
}
