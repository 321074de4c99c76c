// Posts that a relay kept putting off until it was too late, given back to their readers.
import type { Db } from '../db.js';

/** Whether there is anything to give back: cheap, by an index of its own. */
export async function hasExpired(db: Db, issueId: string): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from deliveries
       where issue_id = $1 and state = 'refused' and reason = 'expired' and returned_at is null) as found`,
    [issueId],
  );
  return found;
}

/**
 * Gives the readers of an issue's expired deliveries its posts back: their next issue brings them. Each try was answered,
 * and none accepted, so nobody gets anything twice; a reader with a try that was not answered is left as they are.
 *
 * What a reader has had is all up to read_through, and read_ahead. Issues of later posts may have moved both meanwhile:
 * what these brought stays had.
 */
export async function giveBackExpired(tx: Db, issueId: string): Promise<number> {
  return tx.change(
    `with expired as (
       update deliveries d set returned_at = now()
       where d.issue_id = $1 and d.state = 'refused' and d.reason = 'expired' and d.returned_at is null
         and not exists (select from attempts a
           where a.issue_id = d.issue_id and a.subscriber_id = d.subscriber_id and a.outcome = 'uncertain')
       returning d.subscription_id, d.read_from, coalesce(d.read_ahead, '{}') as read_ahead
     ), given as (
       select e.subscription_id, min(p.seq) as first, array_agg(p.seq) as seqs
       from expired e join issue_posts p on p.issue_id = $1 and p.seq > e.read_from and p.seq <> all (e.read_ahead)
       group by e.subscription_id
     )
     update subscriptions s set
       read_through = least(s.read_through, g.first - 1),
       read_ahead = array(
         select seq from unnest(s.read_ahead) as seq where seq <> all (g.seqs)
         union
         select p.seq from posts p
         where p.newsletter_id = s.newsletter_id and p.seq > g.first and p.seq <= s.read_through
           and p.seq <> all (g.seqs)
         order by seq)
     from given g
     where s.id = g.subscription_id`,
    [issueId],
  );
}
