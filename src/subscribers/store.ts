// The SQL of listing subscribers and of suppressions. Private to this folder.
import type { Db } from '../db.js';
import type { CustomValues } from './custom-fields.js';
import type { ChosenReadingTime } from './reading.js';
import type { SubscriptionStatus } from './status.js';
import { pending, statusOf } from './subscriptions.js';

/** More readers than a page has, of whom many match a common text: they are looked at before any index. */
const firstLook = 20_000;

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

export interface SubscriberFilter {
  /** The address key. */
  key?: string | undefined;
  newsletterId?: string | undefined;
  status?: SubscriptionStatus | undefined;
  /** A part of the address or the name, in any case. */
  search?: string | undefined;
}

/**
 * In the order of creation, after the id `after`. `status` is the status of a subscription: to
 * `newsletterId`, if that is given.
 */
export async function selectSubscribers(
  db: Db,
  { key, newsletterId, status: wanted, search }: SubscriberFilter,
  { after, limit }: { after: string; limit: number },
): Promise<SubscriberRow[]> {
  if (search !== undefined) {
    const ids = await searchIds(db, { newsletterId, status: wanted, search }, { after, limit });
    return db.query<SubscriberRow>(`${subscriber} where r.id = any($1) order by r.id`, [ids]);
  }
  if (key !== undefined || (newsletterId === undefined && wanted === undefined))
    return db.query<SubscriberRow>(
      `${subscriber}
       where r.id > $1 and ($2::text is null or r.address_key = $2)
         and (($3::bigint is null and $4::text is null) or exists (select from subscriptions s
           where s.subscriber_id = r.id and ($3::bigint is null or s.newsletter_id = $3)
             and ($4::text is null or ${statusOf} = $4)))
       order by r.id limit $5`,
      [after, key ?? null, newsletterId ?? null, wanted ?? null, limit],
    );
  const page = wanted === 'suppressed' ? suppressedReaders : readersWith(wanted);
  return db.query<SubscriberRow>(
    `with page as materialized (${page}) ${subscriber} where r.id in (select id from page) order by r.id`,
    [after, newsletterId ?? null, limit],
  );
}

/** The condition of each status on the row s, written like the predicate of its partial index. */
const isInStatus: Record<Exclude<SubscriptionStatus, 'suppressed'>, string> = {
  pending,
  active: 's.confirmed_at is not null and s.unsubscribed_at is null',
  unsubscribed: `s.unsubscribed_at is not null and (s.expired_at is not null or s.requested_at <= s.unsubscribed_at)`,
  expired: 's.expired_at is not null and s.confirmed_at is null and s.unsubscribed_at is null',
};

/**
 * A page of readers with this status in the newsletter $2, or in any. Each newsletter's index has them in the
 * order of the page, so the statement reads no reader of another status (a million took 7 to 22 s). The limit
 * of the look at suppressions keeps the planner from hashing all readers.
 */
const readersWith = (wanted: Exclude<SubscriptionStatus, 'suppressed'> | undefined): string =>
  `select distinct p.id from newsletters n cross join lateral (
     select s.subscriber_id as id from subscriptions s
     where s.newsletter_id = n.id and s.subscriber_id > $1
       ${
         wanted === undefined
           ? ''
           : `and ${isInStatus[wanted]}
       and (select true from subscribers r join suppressions u on u.address_hash = r.address_hash
            where r.id = s.subscriber_id limit 1) is null`
       }
     order by s.newsletter_id, s.subscriber_id limit $3) p
   where $2::bigint is null or n.id = $2
   order by p.id limit $3`;

/** The expression of the index subscribers_by_part. */
const searchable = `lower(r.address || ' ' || coalesce(r.name, ''))`;

const matching = ({ search }: { search: string }): string =>
  `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/**
 * The ids of a page of readers whose address or name has this part. A common part, such as the name of a
 * provider, is found among the first readers of the list, and the index would return half the table for it. A
 * rare one is not, and the index returns few. So neither way reads a million rows.
 */
async function searchIds(
  db: Db,
  { newsletterId, status: wanted, search }: SubscriberFilter & { search: string },
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const pattern = matching({ search });
  const page =
    newsletterId === undefined && wanted === undefined
      ? `select r.id from subscribers r where r.id > $1 and $2::bigint is null order by r.id limit $3`
      : wanted === 'suppressed'
        ? suppressedReaders
        : readersWith(wanted);
  const first = await db.query<{ id: string }>(
    `with page as materialized (${page})
     select r.id from page join subscribers r on r.id = page.id
     where ${searchable} like $4 order by r.id limit $5`,
    [after, newsletterId ?? null, firstLook, pattern, limit],
  );
  if (first.length === limit) return first.map(({ id }) => id);
  const rest = await db.transaction(async (tx) => {
    // Old statistics must not lead past the index.
    await tx.query('set local enable_seqscan = off');
    return tx.query<{ id: string }>(
      `with found as materialized (select r.id, r.address_hash from subscribers r where ${searchable} like $3)
       select r.id from found r left join suppressions u on u.address_hash = r.address_hash
       where r.id > $1 and (($2::bigint is null and $4::text is null) or exists (select from subscriptions s
         where s.subscriber_id = r.id and ($2::bigint is null or s.newsletter_id = $2)
           and ($4::text is null or ${statusOf} = $4)))
       order by r.id limit $5`,
      [after, newsletterId ?? null, pattern, wanted ?? null, limit],
    );
  });
  return rest.map(({ id }) => id);
}

/** A page of suppressed readers: from the suppressions, which are few. */
const suppressedReaders = `select r.id from suppressions u join subscribers r on r.address_hash = u.address_hash
  where r.id > $1 and (select true from subscriptions s
    where s.subscriber_id = r.id and ($2::bigint is null or s.newsletter_id = $2) limit 1)
  order by r.id limit $3`;

export async function selectSubscriber(db: Db, id: string): Promise<SubscriberRow | undefined> {
  return db.maybeOne<SubscriberRow>(`${subscriber} where r.id = $1`, [id]);
}

export interface SuppressionRow {
  addressHash: Buffer;
  reason: string;
  detail: string | null;
  createdAt: Date;
  /** Known only while the subscriber exists. */
  email: string | null;
}

const suppression = `select u.address_hash, u.reason, u.detail, u.created_at, r.address as email
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

/** Ordered, so that two transactions do not deadlock. An address keeps its first reason. */
export async function insertBounces(
  tx: Db,
  { subscriberIds, details }: { subscriberIds: readonly string[]; details: readonly string[] },
): Promise<void> {
  await tx.query(
    `insert into suppressions (address_hash, reason, detail)
     select r.address_hash, 'bounce', b.detail
     from unnest($1::bigint[], $2::text[]) as b (subscriber_id, detail) join subscribers r on r.id = b.subscriber_id
     order by r.address_hash
     on conflict (address_hash) do update set import_id = null`,
    [subscriberIds, details],
  );
}

/** A complaint is for good: it replaces a suppression that a new confirmation would lift. */
export async function insertComplaint(tx: Db, subscriberId: string, detail: string): Promise<void> {
  await tx.query(
    `insert into suppressions as u (address_hash, reason, detail)
     select r.address_hash, 'complaint', $2 from subscribers r where r.id = $1
     on conflict (address_hash) do update set reason = 'complaint', detail = excluded.detail, import_id = null
       where u.reason not in ('complaint', 'erasure')`,
    [subscriberId, detail],
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

/** One statement, so that a complaint that arrives now is not lifted unseen. */
export async function deleteSuppression(
  db: Db,
  hash: Buffer,
  { alsoComplaint }: { alsoComplaint: boolean },
): Promise<boolean> {
  const deleted = await db.change(
    `delete from suppressions where address_hash = $1 and (reason <> 'complaint' or $2)`,
    [hash, alsoComplaint],
  );
  return deleted === 1;
}
