// The SQL for accounts, API keys and the audit log.
import type { Db } from '../db.js';
import type { Language } from '../languages/language.js';
import type { NewsletterIds, Role } from './permission.js';

export interface Account {
  id: string;
  email: string;
  role: Role;
  /** The newsletters for which the account has its role. */
  newsletterIds: NewsletterIds;
  language: Language;
  createdAt: Date;
  /** Last use of the console, to the minute. null: never. */
  seenAt: Date | null;
  /** False: invited, and has neither chosen a password nor signed in through a provider. */
  hasJoined: boolean;
  hasPassword: boolean;
  /** An authenticator app. */
  hasApp: boolean;
  hasPasskey: boolean;
  /** Either of them. */
  hasSecondFactor: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  /** The newsletters that the key reaches. */
  newsletterIds: NewsletterIds;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

export interface AuditEntry {
  id: string;
  at: Date;
  actor: string;
  action: string;
  subject: string | null;
  detail: unknown;
}

/** The account can sign in: it has a password, or has signed in through a provider. */
const joined = `accounts.password_hash is not null
  or exists (select from account_identities i where i.account_id = accounts.id)`;

const hasPasskey = 'exists (select from passkeys p where p.account_id = accounts.id)';

/** Of a statement about `accounts`. */
export const accountColumns = `accounts.id, accounts.email, accounts.role, accounts.language, accounts.created_at,
  accounts.seen_at, accounts.password_hash is not null as has_password, (${joined}) as has_joined,
  accounts.totp_secret is not null as has_app, ${hasPasskey} as has_passkey,
  (accounts.totp_secret is not null or ${hasPasskey}) as has_second_factor,
  case when not accounts.all_newsletters then array(select n.newsletter_id::text from account_newsletters n
    where n.account_id = accounts.id order by n.newsletter_id) end as newsletter_ids`;
const keyColumns =
  'id, name, role, newsletter_ids::text[] as newsletter_ids, created_at, expires_at, last_used_at, revoked_at';

export function insertAccount(
  db: Db,
  account: { email: string; passwordHash: string | null; role: Role; language: Language },
): Promise<Account | undefined> {
  return db.maybeOne<Account>(
    `insert into accounts (email, email_key, password_hash, role, language) values ($1, lower($1), $2, $3, $4)
     on conflict (email_key) do nothing returning ${accountColumns}`,
    [account.email, account.passwordHash, account.role, account.language],
  );
}

export function selectAccountByEmail(
  db: Db,
  email: string,
): Promise<(Account & { passwordHash: string | null }) | undefined> {
  return db.maybeOne(`select ${accountColumns}, password_hash from accounts where email_key = lower($1)`, [
    email,
  ]);
}

export function selectAccount(db: Db, id: string): Promise<Account | undefined> {
  return db.maybeOne<Account>(`select ${accountColumns} from accounts where id = $1`, [id]);
}

export function selectAccounts(db: Db, after: string, limit: number): Promise<Account[]> {
  return db.query<Account>(`select ${accountColumns} from accounts where id > $1 order by id limit $2`, [
    after,
    limit,
  ]);
}

/** The account, whose row stays locked until the transaction ends. */
export async function lockAccount(tx: Db, id: string): Promise<Account | undefined> {
  await tx.query('select from accounts where id = $1 for update', [id]);
  return selectAccount(tx, id);
}

/**
 * Returns the owners by id and locks their rows until the transaction ends. Otherwise two owners could delete
 * each other at the same time.
 */
export async function lockOwners(tx: Db): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from accounts where role = 'owner' and (${joined}) order by id for update`,
  );
  return rows.map((row) => row.id);
}

export function deleteAccountRow(db: Db, id: string): Promise<number> {
  return db.change('delete from accounts where id = $1', [id]);
}

export async function setPasswordHash(db: Db, id: string, passwordHash: string): Promise<void> {
  await db.change('update accounts set password_hash = $2 where id = $1', [id, passwordHash]);
}

/** Newsletters that do not exist are left out. */
export async function setRoleOf(
  tx: Db,
  id: string,
  { role, newsletterIds }: { role: Role; newsletterIds: NewsletterIds },
): Promise<number> {
  await tx.change('delete from account_newsletters where account_id = $1', [id]);
  if (newsletterIds !== null)
    await tx.change(
      `insert into account_newsletters (account_id, newsletter_id)
       select accounts.id, newsletters.id from accounts, newsletters
        where accounts.id = $1 and newsletters.id = any ($2::bigint[])`,
      [id, newsletterIds],
    );
  return tx.change('update accounts set role = $2, all_newsletters = $3 where id = $1', [
    id,
    role,
    newsletterIds === null,
  ]);
}

export async function setLanguage(db: Db, id: string, language: Language): Promise<void> {
  await db.change('update accounts set language = $2 where id = $1', [id, language]);
}

export function insertApiKey(
  db: Db,
  key: { name: string; role: Role; newsletterIds: NewsletterIds; keyHash: Buffer; expiresAt: Date | null },
): Promise<ApiKey> {
  return db.one<ApiKey>(
    `insert into api_keys (name, role, newsletter_ids, key_hash, expires_at) values ($1, $2, $3::bigint[], $4, $5)
     returning ${keyColumns}`,
    [key.name, key.role, key.newsletterIds, key.keyHash, key.expiresAt],
  );
}

export function selectApiKeys(db: Db, after: string, limit: number): Promise<ApiKey[]> {
  return db.query<ApiKey>(`select ${keyColumns} from api_keys where id > $1 order by id limit $2`, [
    after,
    limit,
  ]);
}

export function selectApiKey(db: Db, id: string): Promise<ApiKey | undefined> {
  return db.maybeOne<ApiKey>(`select ${keyColumns} from api_keys where id = $1`, [id]);
}

export function selectValidKey(db: Db, keyHash: Buffer, now: Date): Promise<ApiKey | undefined> {
  return db.maybeOne<ApiKey>(
    `select ${keyColumns} from api_keys
     where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
    [keyHash, now],
  );
}

export async function touchApiKey(db: Db, id: string, now: Date): Promise<void> {
  await db.query('update api_keys set last_used_at = $2 where id = $1', [id, now]);
}

/** Keeps the key's row, because the audit log refers to keys by id. */
export function revokeKeyRow(db: Db, id: string, now: Date): Promise<number> {
  return db.change('update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1', [id, now]);
}

/**
 * One statement for all: each further statement of a transaction costs more than the one before. 5,000 entries take 0.6 s,
 * one by one 8 s.
 */
export async function insertAudit(
  db: Db,
  entries: readonly { at: Date; actor: string; action: string; subject: string | null; detail: unknown }[],
): Promise<void> {
  const column = <Value>(read: (entry: (typeof entries)[number]) => Value): Value[] => entries.map(read);
  await db.query(
    `insert into audit (at, actor, action, subject, detail)
     select at, actor, action, subject, detail
     from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
       with ordinality as entry (at, actor, action, subject, detail, place)
     order by place`,
    [
      column(({ at }) => at),
      column(({ actor }) => actor),
      column(({ action }) => action),
      column(({ subject }) => subject),
      column(({ detail }) => (detail === undefined ? null : JSON.stringify(detail))),
    ],
  );
}

/** Entries with an id below `before`, newest first. */
export function selectAudit(db: Db, before: string | undefined, limit: number): Promise<AuditEntry[]> {
  return db.query<AuditEntry>(
    `select id, at, actor, action, subject, detail from audit where ($1::bigint is null or id < $1)
     order by id desc limit $2`,
    [before ?? null, limit],
  );
}
