// The SQL of the kept numbers of readers. Private to this folder.
import type { Db } from '../db.js';
import type { SubscriptionStatus } from './status.js';

/** Suppressed readers count with the status that they would have without the suppression. */
export type CountedStatus = Exclude<SubscriptionStatus, 'suppressed'>;

export async function selectReaderCounts(
  db: Db,
  newsletterId: string,
): Promise<{ status: CountedStatus; readers: number }[]> {
  return db.query(
    `select status, sum(change)::int as readers from reader_counts where newsletter_id = $1 group by status`,
    [newsletterId],
  );
}

export async function selectActiveCounts(
  db: Db,
  newsletterIds: readonly string[],
): Promise<{ newsletterId: string; readers: number }[]> {
  return db.query(
    `select newsletter_id, sum(change)::int as readers from reader_counts
     where newsletter_id = any($1::bigint[]) and status = 'active' group by newsletter_id`,
    [newsletterIds],
  );
}

/** Adds up the changes of each status: afterwards it has one row. */
export async function sumCounts(db: Db): Promise<void> {
  await db.query(
    `with many as (
       select newsletter_id, status from reader_counts group by newsletter_id, status having count(*) > 1
     ), gone as (
       delete from reader_counts c using many m
       where c.newsletter_id = m.newsletter_id and c.status = m.status returning c.*
     )
     insert into reader_counts (newsletter_id, status, change)
     select newsletter_id, status, sum(change) from gone group by newsletter_id, status`,
  );
}

export interface WrongCount {
  newsletterId: string;
  status: CountedStatus;
  kept: number;
  counted: number;
}

/** Reads every subscription. */
export async function selectWrongCounts(db: Db): Promise<WrongCount[]> {
  return db.query<WrongCount>(
    `with counted as (
       select newsletter_id, status_of(requested_at, confirmed_at, unsubscribed_at, expired_at) as status, count(*) as readers
       from subscriptions group by 1, 2
     ), kept as (select newsletter_id, status, sum(change) as readers from reader_counts group by 1, 2)
     select newsletter_id, status, coalesce(kept.readers, 0)::int as kept, coalesce(counted.readers, 0)::int as counted
     from counted full join kept using (newsletter_id, status)
     where coalesce(kept.readers, 0) <> coalesce(counted.readers, 0) order by 1, 2`,
  );
}

/** Until the transaction ends, no subscription changes. */
export async function lockAllSubscriptions(tx: Db): Promise<void> {
  await tx.query('lock table subscriptions in share mode');
}

export async function correctCount(
  tx: Db,
  { newsletterId, status, kept, counted }: WrongCount,
): Promise<void> {
  await tx.change('insert into reader_counts (newsletter_id, status, change) values ($1, $2, $3)', [
    newsletterId,
    status,
    counted - kept,
  ]);
}
