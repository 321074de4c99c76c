// The SQL for the persons at a provider that belong to accounts.
import type { Db } from '../db.js';
import { accountColumns, type Account } from './store.js';

export interface IdentityKey {
  issuer: string;
  subject: string;
}

export function selectAccountByIdentity(
  db: Db,
  { issuer, subject }: IdentityKey,
): Promise<Account | undefined> {
  return db.maybeOne<Account>(
    `select ${accountColumns} from accounts join account_identities own on own.account_id = accounts.id
      where own.issuer = $1 and own.subject = $2`,
    [issuer, subject],
  );
}

/** 0: the account, or the person, has another one at this issuer. */
export function insertIdentity(
  db: Db,
  { issuer, subject, accountId, now }: IdentityKey & { accountId: string; now: Date },
): Promise<number> {
  return db.change(
    `insert into account_identities (issuer, subject, account_id, created_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [issuer, subject, accountId, now],
  );
}

export async function hasIdentityAt(db: Db, accountId: string, issuer: string): Promise<boolean> {
  const found = await db.maybeOne('select 1 from account_identities where account_id = $1 and issuer = $2', [
    accountId,
    issuer,
  ]);
  return found !== undefined;
}
