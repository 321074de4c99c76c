// The SQL of requests that wait for a confirmation, and of the mail that asks for it. Other features may
// import it.
//
// A pending subscription whose confirmation_sent_at is null is the outbox: a lost queue job loses no mail.
import type { Db } from '../db.js';
import type { CustomValues } from './custom-fields.js';
import { startExpression } from './read-through.js';
import { sharing } from './subscribers.js';
import {
  linked,
  pending,
  pendingOf,
  type Consent,
  type LinkedRow,
  type SubscriptionState,
} from './subscriptions.js';

/** The row waits for a confirmation: it is pending, or its reader asked again after a bounce. */
const awaitingOf = (row: string): string => `((${pendingOf(row)}) or ${row}.asked_again_at is not null)`;
const awaiting = awaitingOf('s');

const wasActive = 's.confirmed_at is not null and s.unsubscribed_at is null';

export interface Pair {
  newsletterId: string;
  subscriberId: string;
}

/**
 * The subscriptions of these pairs, in their order, and when each mailbox was asked to confirm any
 * newsletter. Requests of one form are one mail, so they have one time.
 */
export async function selectRequested(
  tx: Db,
  { pairs, since }: { pairs: readonly Pair[]; since: Date },
): Promise<{ subscriberId: string; mailbox: string; place: SubscriptionState | undefined; asked: Date[] }[]> {
  const rows = await tx.query<
    { [field in keyof SubscriptionState]: SubscriptionState[field] | null } & {
      of: string;
      mailbox: string;
      asked: Date[];
    }
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

/** A request to be confirmed: new, again after it expired, again after leaving, or again after a bounce. */
export interface NewRequest extends Pair {
  readingTimeId: string | null;
  topics: string[] | null;
  customFields: CustomValues;
  consent: Omit<Consent, 'subscriptionId' | 'event' | 'at'>;
}

/** Writes the requests with their consent records, each pair once; returns the ids. */
export async function insertRequests(
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
         (newsletter_id, subscriber_id, reading_time_id, topics, requested_at, confirmation_due_at, custom_fields, via)
       select "newsletterId", "subscriberId", "readingTimeId", topics, $2::timestamptz, $2, "customFields", via from asked
       on conflict (newsletter_id, subscriber_id) do update set
         -- An active row is that of a suppressed address. A stranger may have asked, so it keeps its values.
         asked_again_at = case when ${wasActive} then excluded.requested_at end,
         reading_time_id = case when ${wasActive} then s.reading_time_id else excluded.reading_time_id end,
         topics = case when ${wasActive} then s.topics else excluded.topics end,
         via = case when ${wasActive} then s.via else excluded.via end,
         -- A form with fewer fields, on another site, removes no answer.
         custom_fields = case when ${wasActive} then s.custom_fields else s.custom_fields || excluded.custom_fields end,
         -- Later than the leaving even if the clocks of two machines differ: status.ts compares the two.
         requested_at = case when ${wasActive} then s.requested_at
           else greatest(excluded.requested_at, s.unsubscribed_at + interval '1 ms') end,
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

/** Joins requests into one mail and one link: the first carries it for all. */
export async function confirmTogether(tx: Db, [first, ...others]: readonly string[]): Promise<void> {
  if (first === undefined || others.length === 0) return;
  await tx.change('update subscriptions set confirm_with = $1 where id = any ($2::bigint[])', [
    first,
    others,
  ]);
}

/**
 * Renews the requests of an expired link, except those of active readers; returns the subscriptions to mail. The old
 * token stays invalid.
 */
export async function renewRequests(
  tx: Db,
  subscriptionIds: readonly string[],
  now: Date,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update subscriptions s set asked_again_at = case when ${wasActive} then $2::timestamptz end,
       requested_at = case when ${wasActive} then s.requested_at
         else greatest($2, s.unsubscribed_at + interval '1 ms') end, expired_at = null,
       confirm_token_expires_at = least(s.confirm_token_expires_at, $2),
       reminder_token_expires_at = least(s.reminder_token_expires_at, $2),
       confirmation_sent_at = null, confirmation_due_at = $2, confirmation_attempts = 0,
       confirmation_refused_at = null, confirmation_reply = null, reminder_due_at = null, reminded_at = null, confirm_with = null
     where s.id = any ($1::bigint[]) and (s.asked_again_at is not null or not (${wasActive}))
     returning s.id`,
    [subscriptionIds, now],
  );
  return rows.map(({ id }) => id);
}

export interface ClaimedConfirmation {
  subscriberId: string;
  address: string;
  /** In A-labels. */
  domain: string;
  language: string | null;
  /** The first belongs to the subscription itself, the others to the same form. */
  newsletterIds: string[];
  attempts: number;
}

/** The newsletters of one mail; the row s carries it. */
export const askedTogether = `array[s.newsletter_id] || array(select m.newsletter_id from subscriptions m
  where m.confirm_with = s.id and ${awaitingOf('m')} order by m.id)`;

const unsent = `s.confirmation_sent_at is null and s.confirmation_refused_at is null and s.confirm_with is null`;

/** No mail may go to r. After a bounce one confirmation may: if s was requested after it. */
const mayNotBeAsked = `exists (select from suppressions u where u.address_hash = r.address_hash
  and not (u.reason = 'bounce' and u.created_at <= coalesce(s.asked_again_at, s.requested_at)))`;

/**
 * Claims one unsent confirmation that is due, until the lease ends, so that only one worker sends it. The new
 * token replaces earlier ones. No row: sent, confirmed, left, expired, suppressed or claimed meanwhile.
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
     where s.id = $1 and r.id = s.subscriber_id and ${unsent} and ${awaiting} and s.confirmation_due_at <= $5
       and not ${mayNotBeAsked}
     returning r.id as subscriber_id, r.address, r.domain, r.language, ${askedTogether} as newsletter_ids,
       s.confirmation_attempts::int as attempts`,
    [claim.subscriptionId, claim.tokenHash, claim.tokenExpiresAt, claim.leaseUntil, claim.now],
  );
}

type Settled = { subscriptionId: string; tokenHash: Buffer };

// The token's hash proves that the row is still the claimed one, not a newer request.
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
     where s.confirm_with = sent.id and s.confirmation_sent_at is null and ${awaiting}`,
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

/** The ids of unsent confirmations that are due, longest waiting first. */
export async function selectUnsentConfirmations(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    // Two branches, each with its partial index.
    `select s.id from (
       select s.* from subscriptions s where ${unsent} and ${pending} and s.confirmation_due_at <= $1
       union all
       select s.* from subscriptions s where ${unsent} and s.asked_again_at is not null and s.confirmation_due_at <= $1
     ) s
     where not exists (select from subscribers r where r.id = s.subscriber_id and ${mayNotBeAsked})
     order by s.confirmation_due_at limit $2`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

/** Expires unconfirmed requests older than `before`; returns how many. */
export async function expirePending(db: Db, { before, now }: { before: Date; now: Date }): Promise<number> {
  // These readers stay active, and their address stays suppressed.
  await db.change('update subscriptions set asked_again_at = null where asked_again_at < $1', [before]);
  return db.change(`update subscriptions s set expired_at = $2 where ${pending} and s.requested_at < $1`, [
    before,
    now,
  ]);
}

/**
 * The mail that asks for a confirmation bounced: the request expires, and those of the same form. False: it does
 * not wait any more. The limits of the address stay as they are.
 */
export async function expireBounced(
  tx: Db,
  { subscriptionId, words, at }: { subscriptionId: string; words: string; at: Date },
): Promise<boolean> {
  const expired = await tx.change(
    `update subscriptions s set expired_at = case when ${pending} then $3::timestamptz end, asked_again_at = null,
       confirmation_reply = $2
     where ((s.id = $1 and s.confirmation_sent_at is not null) or s.confirm_with = $1) and ${awaiting}`,
    [subscriptionId, words, at],
  );
  return expired > 0;
}

/** The subscriptions of a link in a confirmation or reminder; the first carries the token. */
export async function selectSubscriptionsByToken(db: Db, tokenHash: Buffer): Promise<LinkedRow[]> {
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
 * Activates the subscriptions among `ids` that wait for it and belong to the link; returns them. Returns none if the
 * token was used or has expired.
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
     update subscriptions s set confirmed_at = $2, unsubscribed_at = null, reminder_due_at = null, asked_again_at = null,
       confirmation_sent_at = coalesce(s.confirmation_sent_at, $2),
       ${startExpression('s.newsletter_id')}
     from link where (s.id = link.id or s.confirm_with = link.id) and s.id = any($3::bigint[]) and ${awaiting}
     returning s.id`,
    [tokenHash, now, ids],
  );
  return rows.map(({ id }) => id);
}
