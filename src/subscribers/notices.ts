// The SQL of reminders, of the mail that tells active readers that they are subscribed already, and of the welcome
// mail. Other features may import it.
import type { Db } from '../db.js';
import { askedTogether } from './confirmations.js';
import { sharing } from './subscribers.js';
import { pending } from './subscriptions.js';

/** The data for a mail to the reader of a subscription. */
export interface Addressed {
  subscriberId: string;
  address: string;
  domain: string;
  language: string | null;
  newsletterIds: string[];
}

/** When this reader's mailbox was asked to confirm or reminded, for any newsletter; one mail is one time. */
export async function selectAskedSince(db: Db, subscriptionId: string, since: Date): Promise<Date[]> {
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
 * Claims one due reminder for good: only one worker gets it, and it is lost if that worker dies. It is
 * dropped if `send` is false or the request is over. No row: nothing to send.
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

/** After a deferral: the relay has not taken it. */
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
 * Marks active readers who subscribe again for a note: each person at most once since `since`, for any
 * newsletter. The caller has locked the subscribers.
 */
export async function markToTell(
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

const activeReader = `s.confirmed_at is not null and s.unsubscribed_at is null
  and not exists (select from suppressions where address_hash = r.address_hash)`;

/** Claims one due note for good. No row: there is none, or the reader has left. */
export async function claimTelling(
  db: Db,
  { subscriptionId, now }: { subscriptionId: string; now: Date },
): Promise<Addressed | undefined> {
  const row = await db.maybeOne<Addressed & { active: boolean }>(
    `update subscriptions s set told_due_at = null
     from subscribers r
     where s.id = $1 and r.id = s.subscriber_id and s.told_due_at <= $2
     returning r.id as subscriber_id, r.address, r.domain, r.language, array[s.newsletter_id] as newsletter_ids,
       ${activeReader} as active`,
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

/**
 * Marks the readers among these subscriptions for a welcome mail who confirm for the first time. The caller has not
 * recorded the confirmation yet.
 */
export async function markToWelcome(
  tx: Db,
  subscriptionIds: readonly string[],
  now: Date,
): Promise<string[]> {
  if (subscriptionIds.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `update subscriptions s set welcome_due_at = $2
     where s.id = any ($1::bigint[]) and s.welcomed_at is null
       and not exists (select from consents c where c.subscription_id = s.id and c.event = 'confirmed')
     returning s.id`,
    [subscriptionIds, now],
  );
  return rows.map(({ id }) => id);
}

/** Claims one due welcome for good. No row: there is none, or the reader has left. */
export async function claimWelcome(
  db: Db,
  { subscriptionId, now }: { subscriptionId: string; now: Date },
): Promise<Addressed | undefined> {
  const row = await db.maybeOne<Addressed & { active: boolean }>(
    `update subscriptions s set welcome_due_at = null, welcomed_at = $2
     from subscribers r
     where s.id = $1 and r.id = s.subscriber_id and s.welcome_due_at <= $2
     returning r.id as subscriber_id, r.address, r.domain, r.language, array[s.newsletter_id] as newsletter_ids,
       ${activeReader} as active`,
    [subscriptionId, now],
  );
  return row?.active ? row : undefined;
}

/** After a deferral: the relay has not taken it. `claimedAt` proves that the row is still the claimed one. */
export async function deferWelcome(
  db: Db,
  { subscriptionId, claimedAt, dueAt }: { subscriptionId: string; claimedAt: Date; dueAt: Date },
): Promise<void> {
  await db.change(
    `update subscriptions set welcome_due_at = $3, welcomed_at = null
     where id = $1 and welcome_due_at is null and welcomed_at = $2`,
    [subscriptionId, claimedAt, dueAt],
  );
}

/** Reminders, notes and welcomes that are due, longest waiting first. */
export async function selectDueNotices(
  db: Db,
  now: Date,
  limit: number,
): Promise<{ kind: 'remind' | 'tell' | 'welcome'; subscriptionId: string }[]> {
  return db.query(
    `(select 'remind' as kind, id as subscription_id from subscriptions where reminder_due_at <= $1
      order by reminder_due_at limit $2)
     union all
     (select 'tell', id from subscriptions where told_due_at <= $1 order by told_due_at limit $2)
     union all
     (select 'welcome', id from subscriptions where welcome_due_at <= $1 order by welcome_due_at limit $2)`,
    [now, limit],
  );
}
