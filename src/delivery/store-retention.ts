// Forgetting old deliveries.
import type { Db } from '../db.js';

/**
 * Deletes the relays' replies of the next `limit` deliveries after the subscriber `after`. Returns the last
 * of these; undefined: there are no more.
 */
export async function clearReplies(
  db: Db,
  { issueId, after, limit }: { issueId: string; after: string; limit: number },
): Promise<string | undefined> {
  const { last } = await db.one<{ last: string | null }>(
    `with lot as (
       select subscriber_id from deliveries where issue_id = $1 and subscriber_id > $2 order by subscriber_id limit $3
     ), told as (
       update attempts a set reply = null from lot
       where a.issue_id = $1 and a.subscriber_id = lot.subscriber_id and a.reply is not null
     ), said as (
       update deliveries d set reply = null from lot
       where d.issue_id = $1 and d.subscriber_id = lot.subscriber_id and d.reply is not null
     )
     select max(subscriber_id) as last from lot`,
    [issueId, after, limit],
  );
  return last ?? undefined;
}

/**
 * Deletes the next `limit` deliveries after the subscriber `after`, and adds them to the counts that stay, in one
 * statement. Returns the last of these; undefined: there are no more. From the start of the issue, each lot
 * would read past the index entries of all lots before it, until a vacuum.
 */
export async function deleteDeliveries(
  db: Db,
  { issueId, after, limit }: { issueId: string; after: string; limit: number },
): Promise<string | undefined> {
  const { last } = await db.one<{ last: string | null }>(
    `with lot as (
       select subscriber_id from deliveries where issue_id = $1 and subscriber_id > $2 order by subscriber_id limit $3
     ), gone as (
       delete from deliveries d using lot where d.issue_id = $1 and d.subscriber_id = lot.subscriber_id
       returning d.state
     ), kept as (
       insert into delivery_totals as t (issue_id, state, count)
       select $1::bigint, state, count(*) from gone group by state
       on conflict (issue_id, state) do update set count = t.count + excluded.count
     )
     select max(subscriber_id) as last from lot`,
    [issueId, after, limit],
  );
  return last ?? undefined;
}
