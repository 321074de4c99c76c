// Lists, reads, changes and deletes accounts. create-account.ts creates them.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { NewsletterIds, Role } from './permission.js';
import type { Language } from '../languages/language.js';
import {
  deleteAccountRow,
  lockOwners,
  selectAccount,
  insertAccount,
  selectAccountByEmail,
  selectAccounts,
  setLanguage,
  setPasswordHash,
  lockAccount,
  setRoleOf,
  type Account,
} from './store.js';

export type ManageResult = { ok: true } | { ok: false; code: 'not-found' | 'last-owner' };

export function listAccounts(
  db: Db,
  { after = '0', limit }: { after?: string; limit: number },
): Promise<Account[]> {
  return selectAccounts(db, after, limit);
}

export async function findAccount(db: Db, email: string): Promise<Account | undefined> {
  const found = await selectAccountByEmail(db, email);
  if (found === undefined) return undefined;
  const { passwordHash: _, ...account } = found;
  return account;
}

/** An account that has yet to choose a password. Undefined: an account has this address. */
export async function createInvitedAccount(
  tx: Db,
  {
    newsletterIds,
    ...account
  }: { email: string; role: Role; newsletterIds: NewsletterIds; language: Language },
): Promise<Account | undefined> {
  const created = await insertAccount(tx, { ...account, passwordHash: null });
  if (created !== undefined && account.role !== 'owner')
    await setRoleOf(tx, created.id, { role: account.role, newsletterIds });
  return created;
}

/**
 * Refuses to take the role from the last owner. An owner is one of all newsletters. `isStale` looks at the account under
 * the lock: if true, nothing is changed.
 */
export async function changeRole(
  deps: { db: Db },
  { id, role, newsletterIds }: { id: string; role: Role; newsletterIds: NewsletterIds },
  isStale?: (current: Account) => boolean,
): Promise<ManageResult | { ok: false; code: 'changed-meanwhile' }> {
  if (!isId(id)) return { ok: false, code: 'not-found' };
  return deps.db.transaction(async (tx) => {
    // The owners' rows first, in one order, so that two changes cannot wait for each other.
    const isLast = await isLastOwner(tx, id);
    const current = await lockAccount(tx, id);
    if (!current) return { ok: false, code: 'not-found' };
    if (isStale?.(current)) return { ok: false, code: 'changed-meanwhile' };
    if (role !== 'owner' && isLast) return { ok: false, code: 'last-owner' };
    const granted = { role, newsletterIds: role === 'owner' ? null : newsletterIds };
    return (await setRoleOf(tx, id, granted)) === 1 ? { ok: true } : { ok: false, code: 'not-found' };
  });
}

/** An owner who has not joined cannot manage anything, so is not counted. Locks the owners. */
async function isLastOwner(tx: Db, id: string): Promise<boolean> {
  const owners = await lockOwners(tx);
  return owners.length === 1 && owners[0] === id;
}

export async function getAccount(db: Db, id: string): Promise<Account | undefined> {
  return isId(id) ? selectAccount(db, id) : undefined;
}

/**
 * Deletes an account and its sessions. Refuses to delete the last owner: without an owner, no account could
 * manage the installation.
 */
export async function deleteAccount(deps: { db: Db }, { id }: { id: string }): Promise<ManageResult> {
  if (!isId(id)) return { ok: false, code: 'not-found' };
  return deps.db.transaction(async (tx) => {
    if (await isLastOwner(tx, id)) return { ok: false, code: 'last-owner' };
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
