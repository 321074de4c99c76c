// The SQL of changes of address. Private to this folder.
import type { Db } from '../db.js';
import { sharing } from '../subscribers/subscribers.js';

/** The row c is open: neither done nor withdrawn. */
const open = 'c.done_at is null and c.withdrawn_at is null';

export interface OpenAddressChange {
  id: string;
  address: string;
  expiresAt: Date;
  oldAgreedAt: Date | null;
  newAgreedAt: Date | null;
}

/** The subscriber's open wish: not both ends have agreed. */
export async function selectOpenAddressChange(
  db: Db,
  subscriberId: string,
  now: Date,
): Promise<OpenAddressChange | undefined> {
  return db.maybeOne<OpenAddressChange>(
    `select c.id, c.address, c.expires_at, c.old_agreed_at, c.new_agreed_at from address_changes c
     where c.subscriber_id = $1 and ${open} and c.expires_at > $2 order by c.id desc limit 1`,
    [subscriberId, now],
  );
}

/**
 * When this subscriber asked, and when the mailbox of the new address was last to be mailed, for any reason.
 */
export async function selectAskedForAddress(
  db: Db,
  { subscriberId, key, since }: { subscriberId: string; key: string; since: Date },
): Promise<{ bySubscriber: Date[]; forAddress: Date[] }> {
  const changes = await db.query<{ at: Date; own: boolean; same: boolean }>(
    // Reads a table of few rows: they are kept for a month.
    `select requested_at as at, subscriber_id = $1 as own, mailbox_of(address_key) = mailbox_of($2) and mails_new as same
     from address_changes
     where (subscriber_id = $1 or mailbox_of(address_key) = mailbox_of($2)) and requested_at > $3`,
    [subscriberId, key, since],
  );
  const confirmations = await db.query<{ at: Date }>(
    `select c.at from subscriptions s join consents c on c.subscription_id = s.id
     where s.subscriber_id in (${sharing('$1::text')}) and c.event in ('requested', 'reminded') and c.at > $2`,
    [key, since],
  );
  return {
    bySubscriber: changes.filter(({ own }) => own).map(({ at }) => at),
    forAddress: [...changes.filter(({ same }) => same), ...confirmations].map(({ at }) => at),
  };
}

/** Withdraws open wishes; the newest one counts. */
export async function withdrawAddressChanges(db: Db, subscriberId: string, now: Date): Promise<number> {
  return db.change(
    `update address_changes c set withdrawn_at = $2 where c.subscriber_id = $1 and ${open} and c.expires_at > $2`,
    [subscriberId, now],
  );
}

export async function insertAddressChange(
  db: Db,
  change: {
    subscriberId: string;
    subscriptionId: string;
    address: string;
    key: string;
    hash: Buffer;
    domain: string;
    mailsNew: boolean;
    now: Date;
    expiresAt: Date;
  },
): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    `insert into address_changes (subscriber_id, subscription_id, address, address_key, address_hash, domain, mails_new,
       requested_at, expires_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8) returning id`,
    [
      change.subscriberId,
      change.subscriptionId,
      change.address,
      change.key,
      change.hash,
      change.domain,
      change.mailsNew,
      change.now,
      change.expiresAt,
    ],
  );
  return id;
}

export type End = 'old' | 'new';

export interface ClaimedAddressChange {
  newsletterId: string;
  language: string | null;
  oldAddress: string;
  newAddress: string;
  /** The ends that still need a mail. */
  oldUnsent: boolean;
  newUnsent: boolean;
  attempts: number;
}

const unsent = `${open} and (c.old_sent_at is null or (c.mails_new and c.new_sent_at is null))`;

/** Claims the due mails of one change until the lease ends, so that only one worker sends them. */
export async function claimAddressChange(
  db: Db,
  claim: { changeId: string; oldTokenHash: Buffer; newTokenHash: Buffer; leaseUntil: Date; now: Date },
): Promise<ClaimedAddressChange | undefined> {
  return db.maybeOne<ClaimedAddressChange>(
    `update address_changes c set due_at = $4, attempts = c.attempts + 1,
       old_token_hash = case when c.old_sent_at is null then $2 else c.old_token_hash end,
       new_token_hash = case when c.new_sent_at is null then $3 else c.new_token_hash end
     from subscribers r, subscriptions s
     where c.id = $1 and r.id = c.subscriber_id and s.id = c.subscription_id and ${unsent}
       and c.due_at <= $5 and c.expires_at > $5
       and not exists (select from suppressions u where u.address_hash = r.address_hash)
     returning s.newsletter_id, r.language, r.address as old_address, c.address as new_address,
       c.old_sent_at is null as old_unsent, c.attempts::int as attempts,
       c.new_sent_at is null and c.mails_new
         and not exists (select from suppressions u where u.address_hash = c.address_hash) as new_unsent`,
    [claim.changeId, claim.oldTokenHash, claim.newTokenHash, claim.leaseUntil, claim.now],
  );
}

/** Marks the mail to `end` as sent or given up: nothing more is sent there. */
export async function markAddressMailSent(
  db: Db,
  { changeId, end, at }: { changeId: string; end: End; at: Date },
): Promise<void> {
  await db.change(`update address_changes set ${end}_sent_at = $2 where id = $1 and ${end}_sent_at is null`, [
    changeId,
    at,
  ]);
}

export async function deferAddressChange(db: Db, changeId: string, dueAt: Date): Promise<void> {
  await db.change('update address_changes set due_at = $2 where id = $1', [changeId, dueAt]);
}

/** The ids of changes with due mails, longest waiting first. */
export async function selectUnsentAddressChanges(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select c.id from address_changes c where ${unsent} and c.due_at <= $1 and c.expires_at > $1
     order by c.due_at limit $2`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

export interface AddressChangeRow {
  id: string;
  /** The end that the link belongs to. */
  end: End;
  subscriberId: string;
  subscriptionId: string;
  newsletterId: string;
  language: string | null;
  oldAddress: string;
  address: string;
  addressKey: string;
  addressHash: Buffer;
  domain: string;
  expiresAt: Date;
  oldAgreedAt: Date | null;
  newAgreedAt: Date | null;
  doneAt: Date | null;
  withdrawnAt: Date | null;
}

const byToken = `select c.id, case when c.old_token_hash = $1 then 'old' else 'new' end as end, c.subscriber_id,
    c.subscription_id, s.newsletter_id, r.language, r.address as old_address, c.address, c.address_key, c.address_hash,
    c.domain, c.expires_at, c.old_agreed_at, c.new_agreed_at, c.done_at, c.withdrawn_at
  from address_changes c join subscribers r on r.id = c.subscriber_id join subscriptions s on s.id = c.subscription_id
  where (c.old_token_hash = $1 or c.new_token_hash = $1)`;

export async function selectAddressChangeByToken(
  db: Db,
  hash: Buffer,
): Promise<AddressChangeRow | undefined> {
  return db.maybeOne<AddressChangeRow>(byToken, [hash]);
}

/** Locks the change and its subscriber until the transaction ends. */
export async function lockAddressChange(tx: Db, hash: Buffer): Promise<AddressChangeRow | undefined> {
  return tx.maybeOne<AddressChangeRow>(`${byToken} for update of c, r`, [hash]);
}

export async function agreeAtEnd(tx: Db, id: string, end: End, now: Date): Promise<void> {
  await tx.change(
    `update address_changes set ${end}_agreed_at = $2 where id = $1 and ${end}_agreed_at is null`,
    [id, now],
  );
}

export async function withdrawAddressChange(tx: Db, id: string, now: Date): Promise<void> {
  await tx.change(
    'update address_changes set withdrawn_at = $2 where id = $1 and done_at is null and withdrawn_at is null',
    [id, now],
  );
}

export async function markAddressChangeDone(tx: Db, id: string, now: Date): Promise<void> {
  await tx.change('update address_changes set done_at = $2 where id = $1', [id, now]);
}
