// The SQL of forgetting old data about readers: in lots, by indexes. Each function returns how many rows it
// forgot. Private to this folder.
import type { Db } from '../db.js';
import type { ExpiredLot } from '../forget-lot.js';

/**
 * Deletes subscriptions that meet `ended`, a condition on the row s and $1 (`before`), and subscribers who
 * have no other. The subscriber's row is locked first, and the condition checked again: a reader who
 * subscribes at that moment is kept.
 */
async function forgetSubscriptions(db: Db, ended: string, { before, limit }: ExpiredLot): Promise<number> {
  return db.transaction(async (tx) => {
    const locked = await tx.query<{ id: string }>(
      `select r.id from subscribers r
       where r.id in (select s.subscriber_id from subscriptions s where ${ended} limit $2)
       for update skip locked`,
      [before, limit],
    );
    if (locked.length === 0) return 0;
    const ids = locked.map(({ id }) => id);
    const forgotten = await tx.change(
      `delete from subscriptions s where s.subscriber_id = any ($2::bigint[]) and ${ended}`,
      [before, ids],
    );
    await tx.change(
      `delete from subscribers r where r.id = any ($1::bigint[])
         and not exists (select from subscriptions s where s.subscriber_id = r.id)`,
      [ids],
    );
    return forgotten;
  });
}

/** Expired requests of people who were never readers of that newsletter. */
export const forgetUnconfirmed = (db: Db, lot: ExpiredLot): Promise<number> =>
  forgetSubscriptions(db, 's.confirmed_at is null and s.unsubscribed_at is null and s.expired_at < $1', lot);

/** Subscriptions that ended and were not requested again. */
export const forgetLeft = (db: Db, lot: ExpiredLot): Promise<number> =>
  forgetSubscriptions(
    db,
    's.unsubscribed_at < $1 and (s.requested_at <= s.unsubscribed_at or s.expired_at is not null)',
    lot,
  );

/** Ids checked in one sweep: about 10 ms. A table of millions takes an hour or so. */
const idsAtOnce = 5_000;
/** ms. The clock chooses the slice, so no position needs storing. */
const sliceMs = 30_000;

/**
 * The subscriber r has no subscription. With a limit, because the planner would hash all subscriptions
 * otherwise.
 */
const isAlone = '(select true from subscriptions s where s.subscriber_id = r.id limit 1) is null';

/**
 * Marks subscribers without a subscription (their newsletter was deleted, or they never had one), and deletes
 * those marked before `before`. Their suppressions stay, under the hash. Rows are locked and checked again,
 * as in forgetSubscriptions.
 */
export async function forgetAlone(db: Db, { before, limit, now }: ExpiredLot): Promise<number> {
  const { last } = await db.one<{ last: number }>(
    'select coalesce(max(id), 0)::float8 as last from subscribers',
  );
  const slice = Math.floor(now.getTime() / sliceMs) % (Math.floor(last / idsAtOnce) + 1);
  await db.change(
    `update subscribers r set alone_since = case when alone_since is null then $3::timestamptz end
     where r.id between $1 and $2 and (alone_since is null) = (${isAlone})`,
    [slice * idsAtOnce, (slice + 1) * idsAtOnce - 1, now],
  );
  return db.transaction(async (tx) => {
    const locked = await tx.query<{ id: string }>(
      `select r.id from subscribers r where r.alone_since < $1 and ${isAlone}
       order by r.alone_since limit $2 for update skip locked`,
      [before, limit],
    );
    if (locked.length === 0) return 0;
    return tx.change(`delete from subscribers r where r.id = any ($1::bigint[]) and ${isAlone}`, [
      locked.map(({ id }) => id),
    ]);
  });
}

/**
 * Deletes the IP addresses and user agents in consents of subscriptions that are over. Active, paused and
 * suppressed ones keep them: a suppression may be lifted. A trigger forbids all other changes of a consent.
 */
export async function forgetOrigins(db: Db, { before, limit }: ExpiredLot): Promise<number> {
  const { forgotten } = await db.one<{ forgotten: number }>(
    // The index covers every row with an end; the condition skips readers who have asked again.
    `with over as materialized (
       select s.id from subscriptions s
       where (s.unsubscribed_at is not null or s.expired_at is not null)
         and (s.origins_forgotten_to is null or s.origins_forgotten_to < greatest(s.unsubscribed_at, s.expired_at))
         and greatest(s.unsubscribed_at, s.expired_at) < $1
         and case when s.unsubscribed_at is null then s.confirmed_at is null
           else s.requested_at <= s.unsubscribed_at or s.expired_at is not null end
       order by greatest(s.unsubscribed_at, s.expired_at) limit $2 for update skip locked
     ), marked as (
       update subscriptions s set origins_forgotten_to = $1 from over where s.id = over.id
     ), forgotten as (
       update consents c set ip = null, user_agent = null, detail = detail - '{requestedIp,confirmedIp}'::text[]
       from over where c.subscription_id = over.id
         and (c.ip is not null or c.user_agent is not null or c.detail ?| '{requestedIp,confirmedIp}'::text[])
       returning 1
     )
     select count(*)::int as forgotten from forgotten`,
    [before, limit],
  );
  return forgotten;
}
