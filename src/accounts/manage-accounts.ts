// Lists, reads and deletes accounts. create-account.ts creates them.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Language } from '../languages/language.js';
import {
  deleteAccountRow,
  lockOwners,
  selectAccount,
  selectAccounts,
  setLanguage,
  setPasswordHash,
  type Account,
} from './store.js';

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

/** Stores the hash of a password that passwordProblem has accepted. */
export function setAccountPassword(
  tx: Db,
  { id, passwordHash }: { id: string; passwordHash: string },
): Promise<void> {
  return setPasswordHash(tx, id, passwordHash);
}

/** The language of the console and of mails to the account. */
export function setAccountLanguage(
  db: Db,
  { id, language }: { id: string; language: Language },
): Promise<void> {
  return setLanguage(db, id, language);
}
