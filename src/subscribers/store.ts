// The SQL of subscribing, confirming and leaving. Private to this folder.
//
// Two facts are worth a sentence, and each has one place: what "pending" and what a status means, in SQL.
import type { Db } from '../db.js';
import type { CustomValues } from './custom-fields.js';
import type { ReadingTime } from './reading.js';

/** As status.ts has it; written like the predicate of the index subscriptions_unsent, so that it is used. `s` is the row. */
export const pending = pendingOf('s');

function pendingOf(row: string): string {
  return `${row}.expired_at is null and case when ${row}.unsubscribed_at is null then ${row}.confirmed_at is null
    else ${row}.requested_at > ${row}.unsubscribed_at end`;
}

/**
 * Of the row s: the undo of an import has ended it, and nobody else since; its reader never said so. With a limit, as the
 * planner would hash all consents otherwise.
 */
export const endedByUndo = `(s.unsubscribed_at is not null and (select true from consents c where c.subscription_id = s.id
  and c.event = 'unsubscribed' and c.at = s.unsubscribed_at and c.detail ? 'undoneImportId' limit 1) is not null)`;

const unsent = `s.confirmation_sent_at is null and s.confirmation_refused_at is null and s.confirm_with is null
  and ${pending}`;

/**
 * Where a reader starts who becomes active: after the posts of the last issue at the newsletter's own time, so that they
 * have the next morning what the others have. (Issues for readers with a time of their own do not count.) A returning
 * reader keeps their own place if it is later, and so never gets a post twice.
 */
export const readThroughOfNewReaders = (newsletterId: string): string =>
  `(select coalesce(max(i.seq_through), 0) from issues i where i.newsletter_id = ${newsletterId}
     and i.due_default and i.fanned_out_at is not null and i.cancelled_at is null and i.post_ids is null)`;

export async function isSuppressed(db: Db, hash: Buffer): Promise<boolean> {
  return (await suppressedAmong(db, [hash])).length > 0;
}

/** Which of these must not be mailed. */
export async function suppressedAmong(db: Db, hashes: readonly Buffer[]): Promise<Buffer[]> {
  const rows = await db.query<{ hash: Buffer }>(
    'select address_hash as hash from suppressions where address_hash = any($1)',
    [hashes],
    { name: 'suppressed-among' },
  );
  return rows.map(({ hash }) => hash);
}

export interface NewSubscriber {
  address: string;
  key: string;
  hash: Buffer;
  domain: string;
  name: string | undefined;
  language: string | undefined;
}

/** The subscriber's id, new or known; locked as lockSubscribers does. */
export async function lockSubscriber(tx: Db, subscriber: NewSubscriber): Promise<string> {
  const id = (await lockSubscribers(tx, [subscriber])).get(subscriber.key);
  if (id === undefined) throw new Error('a subscriber was written and has no id');
  return id;
}

/**
 * The subscribers' ids by address key, new or known; the rows stay locked until the transaction ends, so that two
 * requests for one address are judged one after the other. Always in the order of their keys: two lots with addresses in
 * common wait for each other, and not in a circle. Each key once. Whoever reads some newsletter already is not renamed
 * by a stranger's form.
 */
export async function lockSubscribers(
  tx: Db,
  subscribers: readonly NewSubscriber[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; key: string }>(
    `insert into subscribers as known (address, address_key, address_hash, domain, name, language)
     select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[])
       as asked(address, address_key, address_hash, domain, name, language) order by address_key
     on conflict (address_key) do update set (name, language) =
       (select case when confirmed then known.name else coalesce(excluded.name, known.name) end,
               case when confirmed then known.language else coalesce(excluded.language, known.language) end
        from (select exists (select from subscriptions s
                             where s.subscriber_id = known.id and s.confirmed_at is not null) as confirmed) as asked)
     returning id, address_key as key`,
    [
      subscribers.map(({ address }) => address),
      subscribers.map(({ key }) => key),
      subscribers.map(({ hash }) => hash),
      subscribers.map(({ domain }) => domain),
      subscribers.map(({ name }) => name ?? null),
      subscribers.map(({ language }) => language ?? null),
    ],
    { name: 'lock-subscribers' },
  );
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/**
 * The ids of all subscribers who share a mailbox with `key`, an SQL expression. The last line repeats the condition
 * of the index subscribers_by_mailbox: without it, PostgreSQL reads every subscriber.
 */
export const sharing = (key: string): string =>
  `select m.id from subscribers m where m.address_key = mailbox_of(${key})
   union select m.id from subscribers m where mailbox_of(m.address_key) = mailbox_of(${key})
     and (m.address_key like '%+%' or m.address_key like '%.%@gmail.com' or m.address_key like '%@googlemail.com')`;

/**
 * Until the transaction ends, no other judges requests for these mailboxes: theirs are many rows, and none of them need
 * be there yet. Before anything else is locked, and in one order, so that two lots do not wait in a circle.
 */
export async function lockMailboxes(tx: Db, keys: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(7231028, lock) as locked
     from (select distinct hashtext(mailbox_of(key)) as lock from unnest($1::text[]) as key order by 1) locks`,
    [keys],
    { name: 'lock-mailboxes' },
  );
}

export async function subscriberByKey(db: Db, key: string): Promise<{ id: string } | undefined> {
  return db.maybeOne<{ id: string }>('select id from subscribers where address_key = $1', [key]);
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

export interface Place {
  id: string;
  requestedAt: Date;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  expiredAt: Date | null;
}

export interface Pair {
  newsletterId: string;
  subscriberId: string;
}

/**
 * The subscribers' places on the newsletters, in the pairs' order, and when their mailboxes were asked to confirm, for
 * whatever newsletter: what was asked for together was one mail.
 */
export async function placesOf(
  tx: Db,
  { pairs, since }: { pairs: readonly Pair[]; since: Date },
): Promise<{ subscriberId: string; mailbox: string; place: Place | undefined; asked: Date[] }[]> {
  const rows = await tx.query<
    { [field in keyof Place]: Place[field] | null } & { of: string; mailbox: string; asked: Date[] }
  >(
    `select pair.subscriber_id as of, mailbox_of(r.address_key) as mailbox, s.id, s.requested_at, s.confirmed_at, s.unsubscribed_at, s.expired_at,
       array(select distinct c.at from consents c join subscriptions o on o.id = c.subscription_id
             where o.subscriber_id in (${sharing('r.address_key')})
               and c.event in ('requested', 'reminded') and c.at > $3) as asked
     from unnest($1::bigint[], $2::bigint[]) with ordinality as pair(newsletter_id, subscriber_id, n)
     join subscribers r on r.id = pair.subscriber_id
     left join subscriptions s on s.newsletter_id = pair.newsletter_id and s.subscriber_id = pair.subscriber_id
     order by pair.n`,
    [pairs.map(({ newsletterId }) => newsletterId), pairs.map(({ subscriberId }) => subscriberId), since],
    { name: 'places-of' },
  );
  return rows.map(({ of: subscriberId, mailbox, asked, id, requestedAt, ...rest }) => ({
    subscriberId,
    mailbox,
    asked,
    place: id === null || requestedAt === null ? undefined : { id, requestedAt, ...rest },
  }));
}

/** The id of this reading time; equal ones are one row. */
export async function internReadingTime(db: Db, newsletterId: string, time: ReadingTime): Promise<string> {
  const values = [newsletterId, time.frequency, time.sendTime, time.weekday, time.timezone];
  // Most times are known, and a row that is not written is not locked: everybody wants 07:00.
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

/** A request that wants a confirmation: new, again after one that came to nothing, or again after having left. */
export interface NewRequest extends Pair {
  readingTimeId: string | null;
  topics: string[] | null;
  customFields: CustomValues;
  consent: Omit<Consent, 'subscriptionId' | 'event' | 'at'>;
}

/** Writes the requests with their consent records, each pair once; answers their ids. */
export async function requestSubscriptions(
  tx: Db,
  requests: readonly NewRequest[],
  now: Date,
): Promise<(Pair & { id: string })[]> {
  if (requests.length === 0) return [];
  return tx.query<Pair & { id: string }>(
    `with asked as materialized (
       select * from json_to_recordset($1) as asked("newsletterId" bigint, "subscriberId" bigint,
         "readingTimeId" bigint, topics text[], "customFields" jsonb, via text, wording text, language text, ip inet, "userAgent" text,
         detail jsonb)
     ), requested as (
       insert into subscriptions as s
         (newsletter_id, subscriber_id, reading_time_id, topics, requested_at, confirmation_due_at, custom_fields)
       select "newsletterId", "subscriberId", "readingTimeId", topics, $2::timestamptz, $2, "customFields" from asked
       on conflict (newsletter_id, subscriber_id) do update set
         reading_time_id = excluded.reading_time_id, topics = excluded.topics,
         -- A form with fewer fields, on another site, takes no answer away.
         custom_fields = s.custom_fields || excluded.custom_fields,
         -- Later than the leaving, also when the clocks of two machines differ: status.ts compares the two.
         requested_at = greatest(excluded.requested_at, s.unsubscribed_at + interval '1 ms'),
         expired_at = null, confirm_token_hash = null, confirm_token_expires_at = null, confirmation_sent_at = null,
         confirmation_due_at = excluded.confirmation_due_at, confirmation_attempts = 0,
         confirmation_refused_at = null, confirmation_reply = null, confirm_with = null,
         reminder_due_at = null, reminded_at = null, reminder_token_hash = null, reminder_token_expires_at = null
       returning id, newsletter_id, subscriber_id
     ), recorded as (
       insert into consents (subscription_id, event, at, via, wording, language, ip, user_agent, detail)
       select id, 'requested', $2, via, wording, language, ip, "userAgent", detail
       from requested join asked on "newsletterId" = newsletter_id and "subscriberId" = subscriber_id
     )
     select * from requested`,
    [JSON.stringify(requests.map(({ consent, ...request }) => ({ ...request, ...consent }))), now],
    { name: 'request-subscriptions' },
  );
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
    | 'asked-again';
  at: Date;
  via: 'form' | 'api' | 'import' | 'one-click' | 'page' | 'console' | 'mail';
  wording?: string | undefined;
  language?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  detail?: object | undefined;
}

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
}

export interface ClaimedConfirmation {
  subscriberId: string;
  address: string;
  /** In A-labels. */
  domain: string;
  language: string | null;
  /** The first is that of the subscription itself; the others were asked for together with it. */
  newsletterIds: string[];
  attempts: number;
}

/** The newsletters that one mail asks about. Of the row s. */
export const askedTogether = `array[s.newsletter_id] || array(select m.newsletter_id from subscriptions m
  where m.confirm_with = s.id and ${pendingOf('m')} order by m.id)`;

/**
 * Takes one unsent confirmation that is due, for as long as the lease: of two workers one gets it. The new token
 * replaces any earlier one. No row: sent, confirmed, left, expired, suppressed or taken in the meantime.
 */
export async function claimConfirmation(
  db: Db,
  claim: { subscriptionId: string; tokenHash: Buffer; tokenExpiresAt: Date; leaseUntil: Date; now: Date },
): Promise<ClaimedConfirmation | undefined> {
  return db.maybeOne<ClaimedConfirmation>(
    `update subscriptions s set confirm_token_hash = $2, confirm_token_expires_at = $3,
       confirmation_due_at = $4, confirmation_attempts = s.confirmation_attempts + 1,
       reminder_token_hash = null, reminder_token_expires_at = null
     from subscribers r
     where s.id = $1 and r.id = s.subscriber_id and ${unsent} and s.confirmation_due_at <= $5
       and not exists (select from suppressions where address_hash = r.address_hash)
     returning r.id as subscriber_id, r.address, r.domain, r.language, ${askedTogether} as newsletter_ids,
       s.confirmation_attempts::int as attempts`,
    [claim.subscriptionId, claim.tokenHash, claim.tokenExpiresAt, claim.leaseUntil, claim.now],
  );
}

type Settled = { subscriptionId: string; tokenHash: Buffer };

// The token's hash says that the row is still the one that was claimed, not asked for anew.
export async function markConfirmationSent(
  db: Db,
  settled: Settled & { at: Date; remindAt: Date },
): Promise<void> {
  await db.change(
    `with sent as (
       update subscriptions set confirmation_sent_at = $3, reminder_due_at = $4
       where id = $1 and confirm_token_hash = $2 and confirmation_sent_at is null
       returning id
     )
     update subscriptions s set confirmation_sent_at = $3 from sent
     where s.confirm_with = sent.id and s.confirmation_sent_at is null and ${pending}`,
    [settled.subscriptionId, settled.tokenHash, settled.at, settled.remindAt],
  );
}

export async function deferConfirmation(
  db: Db,
  settled: Settled & { dueAt: Date; reply: string },
): Promise<void> {
  await db.change(
    `update subscriptions set confirmation_due_at = $3, confirmation_reply = $4
     where id = $1 and confirm_token_hash = $2 and confirmation_sent_at is null`,
    [settled.subscriptionId, settled.tokenHash, settled.dueAt, settled.reply],
  );
}

export async function refuseConfirmation(
  db: Db,
  settled: Settled & { at: Date; reply: string },
): Promise<void> {
  await db.change(
    `update subscriptions set confirmation_refused_at = $3, confirmation_reply = $4
     where id = $1 and confirm_token_hash = $2 and confirmation_sent_at is null`,
    [settled.subscriptionId, settled.tokenHash, settled.at, settled.reply],
  );
}

/** Ids of confirmations that are due and unsent, the longest waiting first. */
export async function unsentConfirmations(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select s.id from subscriptions s where ${unsent} and s.confirmation_due_at <= $1
       and not exists (select from subscribers r join suppressions using (address_hash) where r.id = s.subscriber_id)
     order by s.confirmation_due_at limit $2`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

/** Gives up requests older than `before` that nobody confirmed; says how many. */
export function expirePending(db: Db, { before, now }: { before: Date; now: Date }): Promise<number> {
  return db.change(`update subscriptions s set expired_at = $2 where ${pending} and s.requested_at < $1`, [
    before,
    now,
  ]);
}

/** What the pages behind a link need to know of a subscription. */
export interface LinkedRow extends Place {
  newsletterId: string;
  subscriberId: string;
  address: string;
  /** In A-labels. */
  domain: string;
  tokenExpiresAt: Date | null;
  /** Null: the newsletter's own. */
  readingTime: ReadingTime | null;
  /** Null: all. */
  topics: string[] | null;
  customFields: CustomValues;
  pausedUntil: Date | null;
  /** No scheduled issue with an earlier slot. */
  notBefore: Date | null;
  /** BCP 47; null: the newsletter's. */
  language: string | null;
  plainText: boolean;
  trackingAgreedAt: Date | null;
  suppressed: boolean;
  /** Unsubscribed, but not by its reader. */
  endedByUndo: boolean;
}

export const linked = `select s.id, s.requested_at, s.confirmed_at, s.unsubscribed_at, s.expired_at, s.newsletter_id,
    s.subscriber_id, r.address, r.domain, s.confirm_token_expires_at as token_expires_at, s.topics, s.custom_fields,
    s.paused_until, s.not_before, r.language, s.plain_text, s.tracking_agreed_at,
    exists (select from suppressions u where u.address_hash = r.address_hash) as suppressed,
    ${endedByUndo} as ended_by_undo,
    case when t.id is not null then json_build_object('frequency', t.frequency, 'sendTime', t.send_time,
      'weekday', t.weekday, 'timezone', t.timezone) end as reading_time
  from subscriptions s join subscribers r on r.id = s.subscriber_id left join reading_times t on t.id = s.reading_time_id`;

/** The subscription that a link is about: itself, or the one that it has become part of (store-merge.ts). */
const mergedOr = (id: string): string =>
  `coalesce((select m.subscription_id from merged_subscriptions m where m.id = ${id}), ${id})`;

export async function subscriptionById(db: Db, subscriptionId: string): Promise<LinkedRow | undefined> {
  return db.maybeOne<LinkedRow>(`${linked} where s.id = ${mergedOr('$1')}`, [subscriptionId]);
}

/** The same, locked until the transaction ends. */
export async function lockSubscription(tx: Db, subscriptionId: string): Promise<LinkedRow | undefined> {
  return tx.maybeOne<LinkedRow>(`${linked} where s.id = ${mergedOr('$1')} for update of s`, [subscriptionId]);
}

/**
 * Ends the subscription in whatever state it is, a new request included; false when it had ended before. Where the undo of
 * an import had ended it, the reader's own word takes that one's place.
 */
export async function leave(db: Db, subscriptionId: string, now: Date): Promise<boolean> {
  const changed = await db.change(
    // What was asked for together, and not mailed yet, is mailed by itself then.
    `with released as (
       update subscriptions set confirm_with = null where confirm_with = $1 and confirmation_sent_at is null
     )
     update subscriptions s set unsubscribed_at = greatest($2, s.requested_at)
     where s.id = $1 and (s.unsubscribed_at is null or (${pending}) or ${endedByUndo})`,
    [subscriptionId, now],
  );
  return changed === 1;
}

/** The last issues that went out, the newest first. */
export async function recentIssues(
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
