// The SQL of confirming, of reminding, and of asking once more. Private to this folder.
import type { Db } from '../db.js';
import {
  askedTogether,
  linked,
  pending,
  readThroughOfNewReaders,
  sharing,
  type LinkedRow,
} from '../subscribers/store.js';

/** The requests of one mail, as one link: the others wait for the first. */
export async function confirmTogether(tx: Db, [first, ...others]: readonly string[]): Promise<void> {
  if (first === undefined || others.length === 0) return;
  await tx.change('update subscriptions set confirm_with = $1 where id = any ($2::bigint[])', [
    first,
    others,
  ]);
}

/** Of a link in a confirmation or in its reminder, what it is about: the first carries the token. */
export async function subscriptionsByToken(db: Db, tokenHash: Buffer): Promise<LinkedRow[]> {
  const first = await db.maybeOne<LinkedRow>(
    `${linked} where s.confirm_token_hash = $1 or s.reminder_token_hash = $1`,
    [tokenHash],
  );
  if (!first) return [];
  const tokens = await db.one<{ expiresAt: Date | null }>(
    `select case when reminder_token_hash = $2 then reminder_token_expires_at else confirm_token_expires_at end
       as expires_at from subscriptions where id = $1`,
    [first.id, tokenHash],
  );
  const others = await db.query<LinkedRow>(`${linked} where s.confirm_with = $1 order by s.id`, [first.id]);
  return [first, ...others].map((row) => ({ ...row, tokenExpiresAt: tokens.expiresAt }));
}

/**
 * Makes active what of `ids` the link is about and is pending, once; returns the subscriptions. None when the token is used
 * up or expired.
 */
export async function confirmPending(
  db: Db,
  { tokenHash, ids, now }: { tokenHash: Buffer; ids: readonly string[]; now: Date },
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `with link as (
       select id from subscriptions where (confirm_token_hash = $1 and confirm_token_expires_at > $2)
         or (reminder_token_hash = $1 and reminder_token_expires_at > $2)
     )
     update subscriptions s set confirmed_at = $2, unsubscribed_at = null, reminder_due_at = null,
       confirmation_sent_at = coalesce(s.confirmation_sent_at, $2),
       read_through = greatest(s.read_through, ${readThroughOfNewReaders('s.newsletter_id')})
     from link where (s.id = link.id or s.confirm_with = link.id) and s.id = any($3::bigint[]) and ${pending}
     returning s.id`,
    [tokenHash, now, ids],
  );
  return rows.map(({ id }) => id);
}

/** What the next two know of a subscription, to write to its reader. */
export interface Addressed {
  subscriberId: string;
  address: string;
  domain: string;
  language: string | null;
  newsletterIds: string[];
}

/** When this reader's mailbox was asked to confirm or reminded, for whatever newsletter; what was one mail is one time. */
export async function askedSince(db: Db, subscriptionId: string, since: Date): Promise<Date[]> {
  const rows = await db.query<{ at: Date }>(
    `select distinct c.at from subscriptions s join subscribers r on r.id = s.subscriber_id
     join subscriptions o on o.subscriber_id in (${sharing('r.address_key')})
     join consents c on c.subscription_id = o.id
     where s.id = $1 and c.event in ('requested', 'reminded') and c.at > $2`,
    [subscriptionId, since],
  );
  return rows.map(({ at }) => at);
}

/**
 * Takes one reminder that is due, for good: of two workers one gets it, and of one that dies nobody sends it again. With
 * `send` false, or of a request that is over, it is dropped. No row: nothing to send.
 */
export async function claimReminder(
  db: Db,
  claim: { subscriptionId: string; send: boolean; tokenHash: Buffer; tokenExpiresAt: Date; now: Date },
): Promise<Addressed | undefined> {
  const wanted = `$2 and ${pending} and not exists (select from suppressions where address_hash = r.address_hash)`;
  const row = await db.maybeOne<Addressed & { remindedAt: Date | null }>(
    `update subscriptions s set reminder_due_at = null, reminded_at = case when ${wanted} then $5::timestamptz end,
       reminder_token_hash = case when ${wanted} then $3::bytea end,
       reminder_token_expires_at = case when ${wanted} then $4::timestamptz end
     from subscribers r
     where s.id = $1 and r.id = s.subscriber_id and s.reminder_due_at <= $5
     returning s.reminded_at, r.id as subscriber_id, r.address, r.domain, r.language, ${askedTogether} as newsletter_ids`,
    [claim.subscriptionId, claim.send, claim.tokenHash, claim.tokenExpiresAt, claim.now],
  );
  return row?.remindedAt ? row : undefined;
}

/** The relay wants it later, and so has not taken it. */
export async function deferReminder(
  db: Db,
  { subscriptionId, tokenHash, dueAt }: { subscriptionId: string; tokenHash: Buffer; dueAt: Date },
): Promise<void> {
  await db.change(
    `update subscriptions set reminder_due_at = $3, reminded_at = null
     where id = $1 and reminder_token_hash = $2`,
    [subscriptionId, tokenHash, dueAt],
  );
}

/**
 * Of active readers who ask again, those who are to be told: each person once in a while, whatever they asked for. The
 * subscribers are locked by the caller.
 */
export async function tellAgain(
  tx: Db,
  subscriptionIds: readonly string[],
  { since, now }: { since: Date; now: Date },
): Promise<string[]> {
  if (subscriptionIds.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `with asked as (
       select distinct on (s.subscriber_id) s.id, s.subscriber_id from subscriptions s
       where s.id = any ($1::bigint[]) order by s.subscriber_id, s.id
     ), told as (
       update subscribers r set told_at = $3 from asked
       where r.id = asked.subscriber_id and (r.told_at is null or r.told_at <= $2)
       returning asked.id
     )
     update subscriptions s set told_due_at = $3 from told where s.id = told.id
     returning s.id`,
    [subscriptionIds, since, now],
  );
  return rows.map(({ id }) => id);
}

/** Takes one such mail that is due, for good. No row: there is none (any more), or the reader has left. */
export async function claimTelling(
  db: Db,
  { subscriptionId, now }: { subscriptionId: string; now: Date },
): Promise<Addressed | undefined> {
  const row = await db.maybeOne<Addressed & { active: boolean }>(
    `update subscriptions s set told_due_at = null
     from subscribers r
     where s.id = $1 and r.id = s.subscriber_id and s.told_due_at <= $2
     returning r.id as subscriber_id, r.address, r.domain, r.language, array[s.newsletter_id] as newsletter_ids,
       s.confirmed_at is not null and s.unsubscribed_at is null
         and not exists (select from suppressions where address_hash = r.address_hash) as active`,
    [subscriptionId, now],
  );
  return row?.active ? row : undefined;
}

export async function deferTelling(
  db: Db,
  { subscriptionId, dueAt }: { subscriptionId: string; dueAt: Date },
): Promise<void> {
  await db.change('update subscriptions set told_due_at = $2 where id = $1 and told_due_at is null', [
    subscriptionId,
    dueAt,
  ]);
}

/** Reminders, and words to active readers, that are due; the longest waiting first. */
export async function dueNotices(
  db: Db,
  now: Date,
  limit: number,
): Promise<{ kind: 'remind' | 'tell'; subscriptionId: string }[]> {
  return db.query(
    `(select 'remind' as kind, id as subscription_id from subscriptions where reminder_due_at <= $1
      order by reminder_due_at limit $2)
     union all
     (select 'tell', id from subscriptions where told_due_at <= $1 order by told_due_at limit $2)`,
    [now, limit],
  );
}

/**
 * Asks once more for what a link that is over was about, but for what is active; returns the subscription to mail. The
 * link's token does not come to life by that.
 */
export async function askAgain(tx: Db, subscriptionIds: readonly string[], now: Date): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update subscriptions s set
       requested_at = greatest($2::timestamptz, s.unsubscribed_at + interval '1 ms'), expired_at = null,
       confirm_token_expires_at = least(s.confirm_token_expires_at, $2),
       reminder_token_expires_at = least(s.reminder_token_expires_at, $2),
       confirmation_sent_at = null, confirmation_due_at = $2, confirmation_attempts = 0,
       confirmation_refused_at = null, confirmation_reply = null, reminder_due_at = null, reminded_at = null, confirm_with = null
     where s.id = any ($1::bigint[]) and not (s.confirmed_at is not null and s.unsubscribed_at is null)
     returning s.id`,
    [subscriptionIds, now],
  );
  return rows.map(({ id }) => id);
}
