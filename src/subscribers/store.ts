// The SQL of listing subscribers and of suppressions. Private to this folder.
import type { Db } from '../db.js';
import { storableJson } from '../languages/message-json.js';
import type { Message } from '../languages/messages.js';
import type { CustomValues } from './custom-fields.js';
import type { ChosenReadingTime } from './reading.js';
import { conditions, findReaders, parametersOf, readersWith, type SubscriberFilter } from './store-find.js';

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
  readingTime: ChosenReadingTime | null;
  plainText: boolean;
  trackingAgreedAt: string | null;
}

export interface SubscriberRow {
  id: string;
  email: string;
  name: string | null;
  language: string | null;
  createdAt: Date;
  /** Why the address is suppressed. */
  suppressedFor: string | null;
  subscriptions: SubscriptionRow[];
}

// Ids as text, because JSON numbers would lose digits.
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

/**
 * In the order of creation, after the id `after`. `status` is the status of a subscription: to
 * `newsletterId`, if that is given. `lookedTo`: others may match after this id, though the page is not full.
 */
export async function selectSubscribers(
  db: Db,
  filter: SubscriberFilter,
  { after, limit }: { after: string; limit: number },
): Promise<{ rows: SubscriberRow[]; lookedTo: string | null }> {
  const { key, newsletterId, status: wanted, search, topic, problem, source, frequency, since } = filter;
  const found = search ?? topic ?? problem ?? source ?? frequency ?? since;
  const whole = async (rows: Promise<SubscriberRow[]>) => ({ rows: await rows, lookedTo: null });
  if (key !== undefined || (found ?? newsletterId ?? wanted) === undefined)
    return whole(
      db.query<SubscriberRow>(
        `${subscriber}
         where r.id > $1 and ${key === undefined ? '$9::text is null' : 'r.address_key = $9'} and ${conditions}
         order by r.id limit $10`,
        [...parametersOf(filter, after), key ?? null, limit],
      ),
    );
  if (found !== undefined || wanted === 'suppressed') {
    const { ids, lookedTo } = await findReaders(db, filter, { after, limit });
    const rows = await db.query<SubscriberRow>(`${subscriber} where r.id = any($1) order by r.id`, [ids]);
    return { rows, lookedTo };
  }
  return whole(
    db.query<SubscriberRow>(
      `with page as materialized (${readersWith(wanted, '$3')}) ${subscriber} where r.id in (select id from page) order by r.id`,
      [after, newsletterId ?? null, limit],
    ),
  );
}

export async function selectSubscriber(db: Db, id: string): Promise<SubscriberRow | undefined> {
  return db.maybeOne<SubscriberRow>(`${subscriber} where r.id = $1`, [id]);
}

/** What happened, and the words of a server. */
export interface StoredEvidence {
  said: Message;
  reply: string | null;
}

export interface SuppressionRow {
  addressHash: Buffer;
  reason: string;
  detail: string | null;
  evidence: StoredEvidence | null;
  createdAt: Date;
  /** Known only while the subscriber exists. */
  email: string | null;
}

const suppression = `select u.address_hash, u.reason, u.detail, u.evidence, u.created_at, r.address as email
  from suppressions u left join subscribers r on r.address_hash = u.address_hash`;

/** Returns the row, and whether it is new: an address keeps its first reason. */
export async function insertSuppression(
  db: Db,
  { hash, reason, detail, now }: { hash: Buffer; reason: string; detail: string | undefined; now: Date },
): Promise<{ row: SuppressionRow; created: boolean }> {
  const { created } = await db.one<{ created: boolean }>(
    // Another source now wants it too, so undoing the import must not lift it.
    `insert into suppressions (address_hash, reason, detail, created_at) values ($1, $2, $3, $4)
     on conflict (address_hash) do update set import_id = null
     returning xmax = 0 as created`,
    [hash, reason, detail ?? null, now],
  );
  return { row: await db.one<SuppressionRow>(`${suppression} where u.address_hash = $1`, [hash]), created };
}

/** Of issues that still exist. */
export async function selectIssueNumbers(
  tx: Db,
  issueIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<{ id: string; number: number }>(
    'select id, number from issues where id = any ($1::bigint[]) and number is not null',
    [issueIds],
  );
  return new Map(rows.map(({ id, number }) => [id, number]));
}

/** Ordered, so that two transactions do not deadlock. An address keeps its first reason. */
export async function insertBounces(
  tx: Db,
  bounces: readonly { subscriberId: string; detail: string; evidence: StoredEvidence }[],
): Promise<void> {
  await tx.query(
    `insert into suppressions (address_hash, reason, detail, evidence)
     select distinct on (r.address_hash) r.address_hash, 'bounce', b.detail, b.evidence
     from unnest($1::bigint[], $2::text[], $3::jsonb[]) as b (subscriber_id, detail, evidence)
       join subscribers r on r.id = b.subscriber_id
     order by r.address_hash
     on conflict (address_hash) do update set import_id = null`,
    [
      bounces.map(({ subscriberId }) => subscriberId),
      bounces.map(({ detail }) => detail),
      bounces.map(({ evidence }) => storableJson(evidence)),
    ],
  );
}

export async function selectMailable(db: Db, subscriberIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select r.id from unnest($1::bigint[]) as asked (id) join subscribers r on r.id = asked.id
     where (select true from suppressions u where u.address_hash = r.address_hash limit 1) is null`,
    [subscriberIds],
  );
  return rows.map(({ id }) => id);
}

/** A complaint is for good: it replaces a suppression that a new confirmation would lift. */
export async function insertComplaint(
  tx: Db,
  { subscriberId, detail, evidence }: { subscriberId: string; detail: string; evidence: StoredEvidence },
): Promise<void> {
  await tx.query(
    `insert into suppressions as u (address_hash, reason, detail, evidence)
     select r.address_hash, 'complaint', $2, $3 from subscribers r where r.id = $1
     on conflict (address_hash) do update set reason = 'complaint', detail = excluded.detail,
       evidence = excluded.evidence, import_id = null
       where u.reason not in ('complaint', 'erasure')`,
    [subscriberId, detail, storableJson(evidence)],
  );
}

/** In the order of their hashes, after `after`. */
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

export async function deleteBounce(tx: Db, subscriberId: string): Promise<boolean> {
  const deleted = await tx.change(
    `delete from suppressions where reason = 'bounce'
       and address_hash = (select address_hash from subscribers where id = $1)`,
    [subscriberId],
  );
  return deleted === 1;
}

export interface LatestRow extends SuppressionRow {
  subscriberId: string | null;
  /** The time with all its digits, for the next page. */
  exactly: string;
}

/** The newest first, after `before`. Limits before it joins: each page reads that many rows by an index. */
export function selectLatestSuppressions(
  db: Db,
  {
    hash,
    reason,
    before,
    limit,
  }: {
    hash: Buffer | undefined;
    reason: string | undefined;
    before: { exactly: string; hash: Buffer } | undefined;
    limit: number;
  },
): Promise<LatestRow[]> {
  return db.query<LatestRow>(
    `select u.address_hash, u.reason, u.detail, u.evidence, u.created_at, u.created_at::text as exactly,
       r.address as email, r.id as subscriber_id
     from (select * from suppressions
       where ${hash === undefined ? '$1::bytea is null' : 'address_hash = $1'}
         and ${reason === undefined ? '$2::text is null' : 'reason = $2'}
         and ${before === undefined ? '$3::timestamptz is null and $4::bytea is null' : '(created_at, address_hash) < ($3::timestamptz, $4)'}
       order by created_at desc, address_hash desc limit $5) u
     left join subscribers r on r.address_hash = u.address_hash
     order by u.created_at desc, u.address_hash desc`,
    [hash ?? null, reason ?? null, before?.exactly ?? null, before?.hash ?? null, limit],
  );
}

/** One statement, so that a complaint or an erasure that comes now is not lifted unseen. */
export async function deleteSuppression(
  db: Db,
  hash: Buffer,
  { alsoForGood }: { alsoForGood: boolean },
): Promise<boolean> {
  const deleted = await db.change(
    `delete from suppressions where address_hash = $1 and (reason not in ('complaint', 'erasure') or $2)`,
    [hash, alsoForGood],
  );
  return deleted === 1;
}
