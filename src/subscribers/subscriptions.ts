// The SQL of subscriptions and of their consent records. Other features may import it.
import type { Db } from '../db.js';
import { announceReader } from '../webhooks/announce.js';
import type { CustomValues } from './custom-fields.js';
import { startExpression, startOfNewReaders, startOnConflict } from './read-through.js';
import type { ChosenReadingTime } from './reading.js';

/**
 * The row `s` is pending, as in status.ts. Written like the predicate of the index subscriptions_unsent, so
 * that PostgreSQL uses it.
 */
export const pending = pendingOf('s');

export function pendingOf(row: string): string {
  return `${row}.expired_at is null and case when ${row}.unsubscribed_at is null then ${row}.confirmed_at is null
    else ${row}.requested_at > ${row}.unsubscribed_at end`;
}

/**
 * The undo of an import ended the row s, not its reader, and nothing has happened to it since. With a limit,
 * because the planner would hash all consents otherwise.
 */
export const endedByUndo = `(s.unsubscribed_at is not null and (select true from consents c where c.subscription_id = s.id
  and c.event = 'unsubscribed' and c.at = s.unsubscribed_at and c.detail ? 'undoneImportId' limit 1) is not null)`;

/**
 * The same rule as subscriptionStatus of status.ts, for filters; a test compares the two. Rows: s, and its
 * suppression u.
 */
export const statusOf = `case when u.address_hash is not null then 'suppressed'
  else status_of(s.requested_at, s.confirmed_at, s.unsubscribed_at, s.expired_at) end`;

export interface SubscriptionState {
  id: string;
  requestedAt: Date;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  expiredAt: Date | null;
}

export interface NewsletterSubscription extends SubscriptionState {
  newsletterId: string;
}

/** Every subscription of the subscriber, also those that have ended. */
export async function selectSubscriptionsOf(db: Db, subscriberId: string): Promise<NewsletterSubscription[]> {
  return db.query(
    `select id, newsletter_id, requested_at, confirmed_at, unsubscribed_at, expired_at from subscriptions
     where subscriber_id = $1`,
    [subscriberId],
  );
}

/** The slot of the last scheduled issue that this subscription got, or is going to get. */
export async function selectLastScheduledSlot(db: Db, subscriptionId: string): Promise<Date | undefined> {
  const { slot } = await db.one<{ slot: Date | null }>(
    `select max(i.slot) as slot
     from subscriptions s
     join issues i on i.newsletter_id = s.newsletter_id
     join deliveries d on d.issue_id = i.id and d.subscriber_id = s.subscriber_id
     where s.id = $1 and i.kind = 'scheduled' and d.subscription_id = s.id and d.state not in ('excluded', 'refused')`,
    [subscriptionId],
  );
  return slot ?? undefined;
}

export async function hasLeft(
  db: Db,
  { newsletterId, subscriberId }: { newsletterId: string; subscriberId: string },
): Promise<boolean> {
  const left = await db.maybeOne(
    `select 1 from subscriptions
     where newsletter_id = $1 and subscriber_id = $2 and unsubscribed_at is not null`,
    [newsletterId, subscriberId],
  );
  return left !== undefined;
}

/** The id of this reading time; equal times share one row. */
export async function internReadingTime(
  db: Db,
  newsletterId: string,
  time: ChosenReadingTime,
): Promise<string> {
  const values = [newsletterId, time.frequency, time.sendTime, time.weekday, time.timezone];
  // Look before writing: most times are known, and a row that is not written is not locked.
  const known = await db.maybeOne<{ id: string }>(
    `select id from reading_times where newsletter_id = $1 and frequency = $2 and send_time = $3
       and weekday is not distinct from $4 and timezone = $5`,
    values,
  );
  if (known) return known.id;
  const { id } = await db.one<{ id: string }>(
    `insert into reading_times as known (newsletter_id, frequency, send_time, weekday, timezone)
     values ($1, $2, $3, $4, $5)
     on conflict (newsletter_id, frequency, send_time, weekday, timezone) do update set frequency = known.frequency
     returning id`,
    values,
  );
  return id;
}

export interface Consent {
  subscriptionId: string;
  event:
    | 'requested'
    | 'reminded'
    | 'confirmed'
    | 'imported'
    | 'added'
    | 'changed'
    | 'unsubscribed'
    | 'asked-again'
    | 'complained';
  at: Date;
  via: 'form' | 'api' | 'import' | 'one-click' | 'page' | 'console' | 'mail';
  wording?: string | undefined;
  language?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  detail?: object | undefined;
}

export interface ConsentRow extends Pick<Consent, 'subscriptionId' | 'event' | 'at' | 'via'> {
  wording: string | null;
  language: string | null;
  ip: string | null;
  userAgent: string | null;
  detail: object | null;
}

/** What webhooks hear. The others are no change of state, or are announced with their delivery. */
const announcedAs: Partial<Record<Consent['event'], Parameters<typeof announceReader>[1]>> = {
  confirmed: 'subscriber.confirmed',
  added: 'subscriber.confirmed',
  changed: 'subscriber.updated',
  unsubscribed: 'subscriber.unsubscribed',
};

/** Records it, and announces it to webhooks. Call it in the transaction of the change, after the change. */
export async function recordConsent(db: Db, consent: Consent): Promise<void> {
  await db.change(
    `insert into consents (subscription_id, event, at, via, wording, language, ip, user_agent, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      consent.subscriptionId,
      consent.event,
      consent.at,
      consent.via,
      consent.wording ?? null,
      consent.language ?? null,
      consent.ip ?? null,
      consent.userAgent ?? null,
      consent.detail === undefined ? null : JSON.stringify(consent.detail),
    ],
  );
  const event = announcedAs[consent.event];
  if (event !== undefined) await announceReader(db, event, consent);
}

export async function selectConsents(db: Db, subscriberId: string): Promise<ConsentRow[]> {
  return db.query(
    `select c.subscription_id, c.event, c.at, c.via, c.wording, c.language, host(c.ip) as ip, c.user_agent, c.detail
     from consents c where c.subscription_id = any (array(select id from subscriptions where subscriber_id = $1))
     order by c.id`,
    [subscriberId],
  );
}

/** The columns that the pages behind links need. */
export interface LinkedRow extends SubscriptionState {
  newsletterId: string;
  subscriberId: string;
  address: string;
  /** In A-labels. */
  domain: string;
  tokenExpiresAt: Date | null;
  /** Null: the newsletter's time. */
  readingTime: ChosenReadingTime | null;
  /** Null: all. */
  topics: string[] | null;
  customFields: CustomValues;
  pausedUntil: Date | null;
  /** The reader gets no scheduled issue with an earlier slot. */
  notBefore: Date | null;
  /** BCP 47; null: the newsletter's. */
  language: string | null;
  plainText: boolean;
  trackingAgreedAt: Date | null;
  suppressed: boolean;
  /** The suppression was made by a bounce. */
  bounced: boolean;
  /** When an active reader asked again after a bounce; null: has not, or has confirmed. */
  askedAgainAt: Date | null;
  /** The undo of an import ended it, not its reader. */
  endedByUndo: boolean;
}

export const linked = `select s.id, s.requested_at, s.confirmed_at, s.unsubscribed_at, s.expired_at, s.newsletter_id,
    s.subscriber_id, r.address, r.domain, s.confirm_token_expires_at as token_expires_at, s.topics, s.custom_fields,
    s.paused_until, s.not_before, r.language, s.plain_text, s.tracking_agreed_at,
    exists (select from suppressions u where u.address_hash = r.address_hash) as suppressed, s.asked_again_at,
    exists (select from suppressions u where u.address_hash = r.address_hash and u.reason = 'bounce') as bounced,
    ${endedByUndo} as ended_by_undo,
    case when t.id is not null then json_build_object('frequency', t.frequency, 'sendTime', t.send_time,
      'weekday', t.weekday, 'timezone', t.timezone) end as reading_time
  from subscriptions s join subscribers r on r.id = s.subscriber_id left join reading_times t on t.id = s.reading_time_id`;

/** The subscription of a link: the one with this id, or the one into which it was merged (merging.ts). */
const mergedOr = (id: string): string =>
  `coalesce((select m.subscription_id from merged_subscriptions m where m.id = ${id}), ${id})`;

export async function selectSubscription(db: Db, subscriptionId: string): Promise<LinkedRow | undefined> {
  return db.maybeOne<LinkedRow>(`${linked} where s.id = ${mergedOr('$1')}`, [subscriptionId]);
}

/** Locks the subscription until the transaction ends. */
export async function lockSubscription(tx: Db, subscriptionId: string): Promise<LinkedRow | undefined> {
  return tx.maybeOne<LinkedRow>(`${linked} where s.id = ${mergedOr('$1')} for update of s`, [subscriptionId]);
}

/**
 * Ends the subscription in any state, including a new request; false if it had ended before. If the undo of
 * an import had ended it, the reader's own leaving replaces that.
 */
export async function endSubscription(db: Db, subscriptionId: string, now: Date): Promise<boolean> {
  const changed = await db.change(
    // Requests of the same form that were not mailed yet now get mails of their own.
    `with released as (
       update subscriptions set confirm_with = null where confirm_with = $1 and confirmation_sent_at is null
     )
     update subscriptions s set unsubscribed_at = greatest($2, s.requested_at)
     where s.id = $1 and (s.unsubscribed_at is null or (${pending}) or ${endedByUndo})`,
    [subscriptionId, now],
  );
  return changed === 1;
}

export async function updatePreferences(
  db: Db,
  subscriptionId: string,
  change: {
    topics?: string[] | null | undefined;
    /** All answers: those that are missing are removed. */
    customFields?: CustomValues | undefined;
    /** Null: the newsletter's own. */
    readingTimeId?: string | null | undefined;
    notBefore?: Date | undefined;
    pausedUntil?: Date | null | undefined;
    plainText?: boolean | undefined;
    trackingAgreedAt?: Date | null | undefined;
  },
): Promise<void> {
  await db.change(
    `update subscriptions set topics = case when $2 then $3::text[] else topics end,
       reading_time_id = case when $4 then $5::bigint else reading_time_id end,
       paused_until = case when $6 then $7::timestamptz else paused_until end,
       not_before = coalesce($8, not_before), custom_fields = coalesce($9::jsonb, custom_fields),
       plain_text = coalesce($10, plain_text),
       tracking_agreed_at = case when $11 then $12::timestamptz else tracking_agreed_at end
     where id = $1`,
    [
      subscriptionId,
      change.topics !== undefined,
      change.topics ?? null,
      change.readingTimeId !== undefined,
      change.readingTimeId ?? null,
      change.pausedUntil !== undefined,
      change.pausedUntil ?? null,
      change.notBefore ?? null,
      change.customFields === undefined ? null : JSON.stringify(change.customFields),
      change.plainText ?? null,
      change.trackingAgreedAt !== undefined,
      change.trackingAgreedAt ?? null,
    ],
  );
}

/**
 * Adds an active subscription for an admin who vouches for the reader; undefined if the reader has left or is
 * active.
 */
export async function insertActive(
  tx: Db,
  added: {
    newsletterId: string;
    subscriberId: string;
    customFields: CustomValues;
    via: Consent['via'];
    now: Date;
  },
): Promise<string | undefined> {
  const row = await tx.maybeOne<{ id: string }>(
    `insert into subscriptions as s
       (newsletter_id, subscriber_id, requested_at, confirmed_at, custom_fields, via, read_through)
     values ($1, $2, $3, $3, $4, $5, ${startOfNewReaders('$1')})
     on conflict (newsletter_id, subscriber_id) do update set
       custom_fields = s.custom_fields || excluded.custom_fields, confirmed_at = excluded.confirmed_at, expired_at = null,
       via = excluded.via,
       ${startOnConflict}
       where s.confirmed_at is null and s.unsubscribed_at is null
     returning id`,
    [added.newsletterId, added.subscriberId, added.now, JSON.stringify(added.customFields), added.via],
  );
  return row?.id;
}

/** Undoes a leaving after `since`; false if there is none, or the address is suppressed. */
export async function rejoinSubscription(db: Db, subscriptionId: string, since: Date): Promise<boolean> {
  const changed = await db.change(
    `update subscriptions s set unsubscribed_at = null, expired_at = null,
       ${startExpression('s.newsletter_id')}
     where s.id = $1 and s.confirmed_at is not null and s.unsubscribed_at > $2
       and not exists (select from subscribers r join suppressions using (address_hash) where r.id = s.subscriber_id)`,
    [subscriptionId, since],
  );
  return changed === 1;
}

/**
 * Makes the subscriber an active reader of one more newsletter, from any state; undefined if they are active
 * already or suppressed.
 */
export async function insertJoined(
  tx: Db,
  { newsletterId, subscriberId, now }: { newsletterId: string; subscriberId: string; now: Date },
): Promise<string | undefined> {
  const row = await tx.maybeOne<{ id: string }>(
    `insert into subscriptions as s (newsletter_id, subscriber_id, requested_at, confirmed_at, via, read_through)
     select $1::bigint, r.id, $3::timestamptz, $3::timestamptz, 'page', ${startOfNewReaders('$1')} from subscribers r
     where r.id = $2 and not exists (select from suppressions u where u.address_hash = r.address_hash)
     on conflict (newsletter_id, subscriber_id) do update set
       confirmed_at = excluded.confirmed_at, unsubscribed_at = null, expired_at = null, paused_until = null,
       via = excluded.via,
       ${startOnConflict}
       where s.confirmed_at is null or s.unsubscribed_at is not null
     returning id`,
    [newsletterId, subscriberId, now],
  );
  return row?.id;
}

/** The newsletter's last issues that were sent, newest first. */
export async function selectRecentIssues(
  db: Db,
  newsletterId: string,
  limit: number,
): Promise<{ number: number; subject: string; at: Date }[]> {
  return db.query(
    `select number, subject, fanned_out_at as at from issues
     where newsletter_id = $1 and fanned_out_at is not null and cancelled_at is null and number is not null
     order by id desc limit $2`,
    [newsletterId, limit],
  );
}
