// Lists, reads and deletes accounts. create-account.ts creates them.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { deleteAccountRow, lockOwners, selectAccount, selectAccounts, type Account } from './store.js';

export type DeleteAccountResult = { ok: true } | { ok: false; code: 'not-found' | 'last-owner' };

export function listAccounts(
  db: Db,
  { after = '0', limit }: { after?: string; limit: number },
): Promise<Account[]> {
  return selectAccounts(db, after, limit);
}

export async function getAccount(db: Db, id: string): Promise<Account | undefined> {
  return isId(id) ? selectAccount(db, id) : undefined;
}

/**
 * Deletes an account and its sessions. Refuses to delete the last owner: without an owner, no account could
 * manage the installation.
 */
export async function deleteAccount(deps: { db: Db }, { id }: { id: string }): Promise<DeleteAccountResult> {
  if (!isId(id)) return { ok: false, code: 'not-found' };
  return deps.db.transaction(async (tx) => {
    const owners = await lockOwners(tx);
    if (owners.length === 1 && owners[0] === id) return { ok: false, code: 'last-owner' };
    return (await deleteAccountRow(tx, id)) === 1 ? { ok: true } : { ok: false, code: 'not-found' };
  });
}
