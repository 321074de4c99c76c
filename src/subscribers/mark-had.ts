// After a restore: readers who were due in the time that the database lost count as having had their issue.
import type { Db } from '../db.js';
import { skipTo } from './read-through.js';

/**
 * The readers of these reading times (`dueDefault`: those with the newsletter's time) have had the posts
 * published up to `slot`. Posts that came later, or were moved to the next issue since, are still to come. A
 * post without a date, or with a date after it was first seen, is as old as its first sight. If that was
 * after the hold, it counts as had.
 */
export async function markHad(
  tx: Db,
  had: { newsletterId: string; slot: Date; heldAt: Date; dueDefault: boolean; dueReadingTimes: string[] },
): Promise<number> {
  return tx.change(
    `with dated as (
       select seq, least(coalesce(published_at, case when first_seen_at > $3 then '-infinity' else first_seen_at end),
         first_seen_at) as at
       from posts where newsletter_id = $1 and state = 'eligible' and seq is not null
     ), ahead as (
       select coalesce((select min(seq) from dated where at > $2), n.seq + 1) as first, n.seq as last
       from newsletters n where n.id = $1
     )
     update subscriptions s set
       ${skipTo('ahead.first', 'array(select seq from dated where seq >= ahead.first and at <= $2 order by seq)')}
     from ahead
     where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
       and s.read_through < ahead.last
       and (s.reading_time_id = any ($5::bigint[]) or ($4 and s.reading_time_id is null))`,
    [had.newsletterId, had.slot, had.heldAt, had.dueDefault, had.dueReadingTimes],
  );
}
