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

/** A reader of two newsletters counts twice. */
export async function selectAllActive(db: Db): Promise<number> {
  const { readers } = await db.one<{ readers: number }>(
    `select coalesce(sum(change), 0)::int as readers from reader_counts where status = 'active'`,
  );
  return readers;
}

/** The readers with this status who chose each topic. Readers of all topics have chosen none. */
export async function selectTopicCounts(
  db: Db,
  { newsletterId, status }: { newsletterId: string; status: CountedStatus },
): Promise<{ topic: string; readers: number }[]> {
  return db.query(
    `select topic, sum(change)::int as readers from topic_counts where newsletter_id = $1 and status = $2 group by topic`,
    [newsletterId, status],
  );
}

/** The subscriptions of all newsletters whose readers chose the topic, whatever their status. */
export async function countChosen(db: Db, topic: string): Promise<number> {
  const { chosen } = await db.one<{ chosen: number }>(
    `select coalesce(sum(c.change), 0)::int as chosen from newsletters n
     join topic_counts c on c.newsletter_id = n.id and c.topic = $1`,
    [topic],
  );
  return chosen;
}

/** Adds up the changes to each number: afterwards it has one row. */
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
  await db.query(
    `with many as (
       select newsletter_id, topic, status from topic_counts group by newsletter_id, topic, status having count(*) > 1
     ), gone as (
       delete from topic_counts c using many m
       where c.newsletter_id = m.newsletter_id and c.topic = m.topic and c.status = m.status returning c.*
     )
     insert into topic_counts (newsletter_id, topic, status, change)
     select newsletter_id, topic, status, sum(change) from gone group by newsletter_id, topic, status`,
  );
}

export interface WrongCount {
  newsletterId: string;
  /** null: the readers of all topics and of each. */
  topic: string | null;
  status: CountedStatus;
  kept: number;
  counted: number;
}

/** Reads every subscription. No topic has an empty name, so it stands for the number of all. */
export async function selectWrongCounts(db: Db): Promise<WrongCount[]> {
  return db.query<WrongCount>(
    `with counted as (
       select newsletter_id, topic, status_of(requested_at, confirmed_at, unsubscribed_at, expired_at) as status, count(*) as readers
       from subscriptions cross join lateral (select '' as topic union all select unnest(topics)) every group by 1, 2, 3
     ), kept as (
       select newsletter_id, topic, status, sum(change) as readers from (
         select newsletter_id, '' as topic, status, change from reader_counts
         union all select newsletter_id, topic, status, change from topic_counts) changes group by 1, 2, 3
     )
     select newsletter_id, nullif(topic, '') as topic, status, coalesce(kept.readers, 0)::int as kept,
       coalesce(counted.readers, 0)::int as counted
     from counted full join kept using (newsletter_id, topic, status)
     where coalesce(kept.readers, 0) <> coalesce(counted.readers, 0) order by 1, 2 nulls first, 3`,
  );
}

/** Until the transaction ends, no subscription changes. */
export async function lockAllSubscriptions(tx: Db): Promise<void> {
  await tx.query('lock table subscriptions in share mode');
}

export async function correctCount(
  tx: Db,
  { newsletterId, topic, status, kept, counted }: WrongCount,
): Promise<void> {
  await (topic === null
    ? tx.change('insert into reader_counts (newsletter_id, status, change) values ($1, $2, $3)', [
        newsletterId,
        status,
        counted - kept,
      ])
    : tx.change('insert into topic_counts (newsletter_id, topic, status, change) values ($1, $2, $3, $4)', [
        newsletterId,
        topic,
        status,
        counted - kept,
      ]));
}
