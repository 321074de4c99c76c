// The SQL of the admin's side: listing, changing and erasing subscribers, and suppressions. Private to this folder.
import type { Db } from '../db.js';
import { pending, readThroughOfNewReaders } from './store.js';
import type { CustomValues } from './custom-fields.js';
import type { ReadingTime } from './reading.js';
import type { SubscriptionStatus } from './status.js';

/** subscriptionStatus of status.ts, for filters; a test compares the two. Of the rows s and u (its suppression). */
const status = `case when u.address_hash is not null then 'suppressed'
  when ${pending} then 'pending'
  when s.unsubscribed_at is not null then 'unsubscribed'
  when s.confirmed_at is not null then 'active'
  else 'expired' end`;

export interface SubscriptionRow {
  id: string;
  newsletterId: string;
  newsletter: string;
  requestedAt: string;
  confirmationSentAt: string | null;
  confirmationRefusedAt: string | null;
  confirmationReply: string | null;
  confirmedAt: string | null;
  unsubscribedAt: string | null;
  expiredAt: string | null;
  pausedUntil: string | null;
  topics: string[] | null;
  customFields: CustomValues;
  readingTime: ReadingTime | null;
  plainText: boolean;
  trackingAgreedAt: string | null;
}

export interface SubscriberRow {
  id: string;
  email: string;
  name: string | null;
  language: string | null;
  createdAt: Date;
  /** Why the address must not be mailed. */
  suppressedFor: string | null;
  subscriptions: SubscriptionRow[];
}

// Ids as text: JSON numbers would lose digits.
const subscriber = `select r.id, r.address as email, r.name, r.language, r.created_at, u.reason as suppressed_for,
    coalesce((select json_agg(json_build_object('id', s.id::text, 'newsletterId', s.newsletter_id::text,
        'newsletter', n.slug, 'requestedAt', s.requested_at, 'confirmationSentAt', s.confirmation_sent_at,
        'confirmationRefusedAt', s.confirmation_refused_at, 'confirmationReply', s.confirmation_reply,
        'confirmedAt', s.confirmed_at, 'unsubscribedAt', s.unsubscribed_at, 'expiredAt', s.expired_at,
        'pausedUntil', s.paused_until, 'plainText', s.plain_text, 'trackingAgreedAt', s.tracking_agreed_at, 'topics', s.topics, 'customFields', s.custom_fields,
        'readingTime', case when t.id is not null then json_build_object('frequency', t.frequency,
          'sendTime', t.send_time, 'weekday', t.weekday, 'timezone', t.timezone) end) order by s.id)
      from subscriptions s join newsletters n on n.id = s.newsletter_id
      left join reading_times t on t.id = s.reading_time_id where s.subscriber_id = r.id), '[]') as subscriptions
  from subscribers r left join suppressions u on u.address_hash = r.address_hash`;

export interface SubscriberFilter {
  /** The address key. */
  key?: string | undefined;
  newsletterId?: string | undefined;
  status?: SubscriptionStatus | undefined;
}

/** In the order they came, after the id `after`. `status` is that of a subscription, to `newsletterId` if that is given. */
export async function selectSubscribers(
  db: Db,
  { key, newsletterId, status: wanted }: SubscriberFilter,
  { after, limit }: { after: string; limit: number },
): Promise<SubscriberRow[]> {
  return db.query<SubscriberRow>(
    `${subscriber}
     where r.id > $1 and ($2::text is null or r.address_key = $2)
       and (($3::bigint is null and $4::text is null) or exists (select from subscriptions s
         where s.subscriber_id = r.id and ($3::bigint is null or s.newsletter_id = $3)
           and ($4::text is null or ${status} = $4)))
     order by r.id limit $5`,
    [after, key ?? null, newsletterId ?? null, wanted ?? null, limit],
  );
}

export async function selectSubscriber(db: Db, id: string): Promise<SubscriberRow | undefined> {
  return db.maybeOne<SubscriberRow>(`${subscriber} where r.id = $1`, [id]);
}

/** The address, as key and hash, and the subscriber's row locked until the transaction ends. */
export async function lockSubscriberById(
  tx: Db,
  id: string,
): Promise<{ addressKey: string; addressHash: Buffer } | undefined> {
  return tx.maybeOne('select address_key, address_hash from subscribers where id = $1 for update', [id]);
}

export async function changeSubscriber(
  db: Db,
  id: string,
  change: { name?: string | null | undefined; language?: string | null | undefined },
): Promise<void> {
  await db.change(
    `update subscribers set name = case when $2 then $3 else name end, language = case when $4 then $5 else language end
     where id = $1`,
    [
      id,
      change.name !== undefined,
      change.name ?? null,
      change.language !== undefined,
      change.language ?? null,
    ],
  );
}

export async function changePreferences(
  db: Db,
  subscriptionId: string,
  change: {
    topics?: string[] | null | undefined;
    /** All of them: what is not there is not answered any more. */
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

/** An active subscription that an admin vouches for; undefined when the reader has left, or is active already. */
export async function addActive(
  tx: Db,
  added: { newsletterId: string; subscriberId: string; customFields: CustomValues; now: Date },
): Promise<string | undefined> {
  const row = await tx.maybeOne<{ id: string }>(
    `insert into subscriptions as s
       (newsletter_id, subscriber_id, requested_at, confirmed_at, custom_fields, read_through)
     values ($1, $2, $3, $3, $4, ${readThroughOfNewReaders('$1')})
     on conflict (newsletter_id, subscriber_id) do update set
       custom_fields = s.custom_fields || excluded.custom_fields, confirmed_at = excluded.confirmed_at, expired_at = null,
       read_through = greatest(s.read_through, excluded.read_through)
       where s.confirmed_at is null and s.unsubscribed_at is null
     returning id`,
    [added.newsletterId, added.subscriberId, added.now, JSON.stringify(added.customFields)],
  );
  return row?.id;
}

/**
 * Takes a person out of every table. What stays: a keyed hash among the suppressions, and of each delivery its number
 * and state, so that the sums of the issue remain true; relays like to quote the address, so their replies go. `spellings`
 * are the address as it may stand, in lower case, in what an import could not read.
 */
export async function eraseRows(
  tx: Db,
  { id, hash, spellings, now }: { id: string; hash: Buffer; spellings: readonly string[]; now: Date },
): Promise<void> {
  await tx.change(
    `insert into suppressions (address_hash, reason, created_at) values ($1, 'erasure', $2)
     on conflict (address_hash) do update set detail = null, import_id = null`,
    [hash, now],
  );
  await tx.change(
    `update attempts a set reply = null from issues i where a.issue_id = i.id and a.subscriber_id = $1`,
    [id],
  );
  await tx.change(
    `update deliveries d set reply = null from issues i
     where d.issue_id = i.id and d.subscriber_id = $1 and d.reply is not null`,
    [id],
  );
  // Somebody else may have wanted their mail at this address.
  await tx.change('delete from address_changes where address_hash = $1', [hash]);
  await tx.change(
    `update import_rows x set email = null, before = null, subscriber_id = null, subscription_id = null
     where x.subscriber_id = $1 or x.email = (select r.address_key from subscribers r where r.id = $1)`,
    [id],
  );
  // Rows in error are kept as they were typed: "Ada <ada@example.org>", "ada @example.org". Some ms for 100,000 of them.
  await tx.change(
    `update import_rows x set email = null,
       reason = case when lower(x.reason) like any ($1) then null else x.reason end
     where x.outcome = 'invalid' and (lower(x.reason) like any ($1)
       or lower(regexp_replace(x.email, '[[:space:]\u00a0\u200b]+', '', 'g')) like any ($1))`,
    [spellings.map((text) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`)],
  );
  await tx.change('delete from subscribers where id = $1', [id]);
}

export async function consentsOf(
  db: Db,
  subscriberId: string,
): Promise<(object & { subscriptionId: string })[]> {
  return db.query(
    `select c.subscription_id, c.event, c.at, c.via, c.wording, c.language, host(c.ip) as ip, c.user_agent, c.detail
     from consents c join subscriptions s on s.id = c.subscription_id where s.subscriber_id = $1 order by c.id`,
    [subscriberId],
  );
}

export async function deliveriesOf(db: Db, subscriberId: string): Promise<object[]> {
  return db.query(
    `select d.issue_id, i.newsletter_id, i.number as issue_number, i.subject, i.slot, d.state, d.attempts, d.first_try_at,
       d.changed_at, d.reply_code, d.reply, d.reason
     from issues i join deliveries d on d.issue_id = i.id and d.subscriber_id = $1 order by d.issue_id`,
    [subscriberId],
  );
}

export interface SuppressionRow {
  addressHash: Buffer;
  reason: string;
  detail: string | null;
  createdAt: Date;
  /** Known only while there is such a subscriber. */
  email: string | null;
}

const suppression = `select u.address_hash, u.reason, u.detail, u.created_at, r.address as email
  from suppressions u left join subscribers r on r.address_hash = u.address_hash`;

/** The row, and whether it is new: an address suppressed before keeps its first reason. */
export async function insertSuppression(
  db: Db,
  { hash, reason, detail, now }: { hash: Buffer; reason: string; detail: string | undefined; now: Date },
): Promise<{ row: SuppressionRow; created: boolean }> {
  const { created } = await db.one<{ created: boolean }>(
    // One that an import made is not that import's alone any more.
    `insert into suppressions (address_hash, reason, detail, created_at) values ($1, $2, $3, $4)
     on conflict (address_hash) do update set import_id = null
     returning xmax = 0 as created`,
    [hash, reason, detail ?? null, now],
  );
  return { row: await db.one<SuppressionRow>(`${suppression} where u.address_hash = $1`, [hash]), created };
}

/** By hash, which is as good an order as any, after `after`. */
export async function selectSuppressions(
  db: Db,
  { hash, after, limit }: { hash: Buffer | undefined; after: Buffer; limit: number },
): Promise<SuppressionRow[]> {
  return db.query<SuppressionRow>(
    `${suppression} where u.address_hash > $1 and ($2::bytea is null or u.address_hash = $2)
     order by u.address_hash limit $3`,
    [after, hash ?? null, limit],
  );
}

export async function deleteSuppression(db: Db, hash: Buffer): Promise<boolean> {
  return (await db.change('delete from suppressions where address_hash = $1', [hash])) === 1;
}

export interface ExportRow {
  id: string;
  email: string;
  name: string | null;
  status: SubscriptionStatus;
  language: string | null;
  topics: string[] | null;
  customFields: CustomValues;
  frequency: string | null;
  sendTime: string | null;
  weekday: number | null;
  timezone: string | null;
  pausedUntil: Date | null;
  plainText: boolean;
  trackingAgreedAt: Date | null;
  requestedAt: Date;
  requestedIp: string | null;
  confirmedAt: Date | null;
  confirmedIp: string | null;
  /** The basis that an import stated, or the words that the reader agreed to. */
  consent: string | null;
  unsubscribedAt: Date | null;
  suppressedFor: string | null;
}

/** In the order they came, after the id `after`. */
export async function exportRows(
  db: Db,
  newsletterId: string,
  { after, limit }: { after: string; limit: number },
): Promise<ExportRow[]> {
  return db.query<ExportRow>(
    `select s.id, r.address as email, r.name, ${status} as status, r.language, s.topics, s.custom_fields, t.frequency, t.send_time,
       t.weekday, t.timezone, s.paused_until, s.plain_text, s.tracking_agreed_at, s.requested_at, c.requested_ip,
       s.confirmed_at, c.confirmed_ip, c.consent, s.unsubscribed_at, u.reason as suppressed_for
     from (select * from subscriptions where newsletter_id = $1 and id > $2 order by id limit $3) s
     join subscribers r on r.id = s.subscriber_id
     left join suppressions u on u.address_hash = r.address_hash
     left join reading_times t on t.id = s.reading_time_id
     left join lateral (
       select (array_agg(coalesce(c.detail ->> 'requestedIp', host(c.ip)) order by c.id desc)
           filter (where c.event = 'requested' or c.detail ? 'requestedIp'))[1] as requested_ip,
         (array_agg(coalesce(c.detail ->> 'confirmedIp', host(c.ip)) order by c.id desc)
           filter (where c.event = 'confirmed' or c.detail ? 'confirmedIp'))[1] as confirmed_ip,
         (array_agg(coalesce(c.detail ->> 'stated', c.detail ->> 'basis', c.wording) order by c.id desc)
           filter (where coalesce(c.detail ->> 'stated', c.detail ->> 'basis', c.wording) is not null))[1] as consent
       from consents c where c.subscription_id = s.id and c.event in ('requested', 'confirmed', 'imported')
     ) c on true
     order by s.id`,
    [newsletterId, after, limit],
  );
}

/** Active readers of a newsletter, from the index of them. */
export async function countActive(db: Db, newsletterId: string): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `select count(*)::int as count from subscriptions
     where newsletter_id = $1 and confirmed_at is not null and unsubscribed_at is null`,
    [newsletterId],
  );
  return count;
}
