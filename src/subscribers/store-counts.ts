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

/** The readers who chose each topic, whatever their status. Readers of all topics have chosen none. */
export async function selectTopicCounts(
  db: Db,
  newsletterId: string,
): Promise<{ topic: string; readers: number }[]> {
  return db.query(
    `select topic, sum(change)::int as readers from topic_counts where newsletter_id = $1 group by topic`,
    [newsletterId],
  );
}

/** The readers whom each value of a filter finds, whatever their status. */
export async function selectFilterCounts(
  db: Db,
  { newsletterId, filter }: { newsletterId: string; filter: 'source' | 'frequency' },
): Promise<{ value: string; readers: number }[]> {
  return db.query(
    `select value, sum(change)::int as readers from filter_counts where newsletter_id = $1 and filter = $2 group by value`,
    [newsletterId, filter],
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
  await db.query(
    `with many as (
       select newsletter_id, filter, value from filter_counts group by newsletter_id, filter, value having count(*) > 1
     ), gone as (
       delete from filter_counts c using many m
       where c.newsletter_id = m.newsletter_id and c.filter = m.filter and c.value = m.value returning c.*
     )
     insert into filter_counts (newsletter_id, filter, value, change)
     select newsletter_id, filter, value, sum(change) from gone group by newsletter_id, filter, value`,
  );
}

/** A kept number that differs from what counting gives. */
export interface WrongCount {
  newsletterId: string;
  /** Of a topic, or of another filter as filters_of names it. null: of all readers. */
  filter: 'topic' | 'source' | 'frequency' | 'thousand' | null;
  value: string | null;
  /** null: the number is of all statuses. */
  status: CountedStatus | null;
  kept: number;
  counted: number;
}

/** Reads every subscription. */
export async function selectWrongCounts(db: Db): Promise<WrongCount[]> {
  return db.query<WrongCount>(
    `with counted as (
       select s.newsletter_id, every.filter, every.value, every.status, count(*) as readers
       from subscriptions s
       cross join lateral (select status_of(s.requested_at, s.confirmed_at, s.unsubscribed_at, s.expired_at) as status) own
       cross join lateral (
         select '' as filter, '' as value, own.status
         union all select 'topic', topic, own.status from unnest(s.topics) topic
         union all select f.filter, f.value, '' from filters_of(s.via, s.reading_time_id, s.subscriber_id) f) every
       group by 1, 2, 3, 4
     ), kept as (
       select newsletter_id, filter, value, status, sum(change) as readers from (
         select newsletter_id, '' as filter, '' as value, status, change from reader_counts
         union all select newsletter_id, 'topic', topic, status, change from topic_counts
         union all select newsletter_id, filter, value, '', change from filter_counts) changes group by 1, 2, 3, 4
     )
     select newsletter_id, nullif(filter, '') as filter, case when filter <> '' then value end as value, nullif(status, '') as status,
       coalesce(kept.readers, 0)::int as kept, coalesce(counted.readers, 0)::int as counted
     from counted full join kept using (newsletter_id, filter, value, status)
     where coalesce(kept.readers, 0) <> coalesce(counted.readers, 0) order by 1, 2 nulls first, 3, 4`,
  );
}

/** Until the transaction ends, no subscription changes. */
export async function lockAllSubscriptions(tx: Db): Promise<void> {
  await tx.query('lock table subscriptions in share mode');
}

export async function correctCount(
  tx: Db,
  { newsletterId, filter, value, status, kept, counted }: WrongCount,
): Promise<void> {
  const change = counted - kept;
  if (filter === null)
    await tx.change('insert into reader_counts (newsletter_id, status, change) values ($1, $2, $3)', [
      newsletterId,
      status,
      change,
    ]);
  else if (filter === 'topic')
    await tx.change(
      'insert into topic_counts (newsletter_id, topic, status, change) values ($1, $2, $3, $4)',
      [newsletterId, value, status, change],
    );
  else
    await tx.change(
      'insert into filter_counts (newsletter_id, filter, value, change) values ($1, $2, $3, $4)',
      [newsletterId, filter, value, change],
    );
}
