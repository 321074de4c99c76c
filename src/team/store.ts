// The SQL for links by which an account chooses a password.
import type { Db } from '../db.js';

export type AccountLinkPurpose = 'invitation' | 'reset';

export interface LinkRow {
  id: string;
  accountId: string;
  purpose: AccountLinkPurpose;
  madeBy: string | null;
  expiresAt: Date;
}

const columns = 'id, account_id, purpose, made_by, expires_at';

/** The link replaces the account's earlier one of this purpose, which then no longer works. Returns its id. */
export async function upsertLink(
  tx: Db,
  link: { accountId: string; purpose: AccountLinkPurpose; madeBy: string | null; now: Date; expiresAt: Date },
): Promise<string> {
  const { id } = await tx.one<{ id: string }>(
    `insert into account_links (account_id, purpose, made_by, made_at, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (account_id, purpose) do update
       set made_by = excluded.made_by, made_at = excluded.made_at, expires_at = excluded.expires_at, token_hash = null
     returning id`,
    [link.accountId, link.purpose, link.madeBy, link.now, link.expiresAt],
  );
  return id;
}

/** Gives the link a token. A token that it had before no longer works. Undefined: it is used or has expired. */
export function setLinkToken(db: Db, id: string, tokenHash: Buffer, now: Date): Promise<LinkRow | undefined> {
  return db.maybeOne<LinkRow>(
    `update account_links set token_hash = $2 where id = $1 and expires_at > $3 returning ${columns}`,
    [id, tokenHash, now],
  );
}

export function selectAccountLink(db: Db, tokenHash: Buffer, now: Date): Promise<LinkRow | undefined> {
  return db.maybeOne<LinkRow>(
    `select ${columns} from account_links where token_hash = $1 and expires_at > $2`,
    [tokenHash, now],
  );
}

/** Uses the link up. Undefined: someone has used it, or it has expired. */
export function takeLink(tx: Db, tokenHash: Buffer, now: Date): Promise<LinkRow | undefined> {
  return tx.maybeOne<LinkRow>(
    `delete from account_links where token_hash = $1 and expires_at > $2 returning ${columns}`,
    [tokenHash, now],
  );
}

/** All links of an account stop working. */
export async function deleteLinksOf(tx: Db, accountId: string): Promise<void> {
  await tx.change('delete from account_links where account_id = $1', [accountId]);
}
