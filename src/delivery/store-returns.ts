// Gives readers the posts back that an issue did not bring them.
import type { Db } from '../db.js';
import { givenBack, untouched } from '../subscribers/read-through.js';
import type { DeliveryState } from './counts.js';

/** For deliveries named d: a try was not answered, so the reader may have the mail. */
const mayHaveIt = `exists (select from attempts a
  where a.issue_id = d.issue_id and a.subscriber_id = d.subscriber_id and a.outcome = 'uncertain')`;

/** For deliveries named d: deferred until it was too late, and their posts not returned yet. */
const expired = `d.state = 'refused' and d.reason = 'expired' and d.returned_at is null`;

/** Whether there is anything to give back: cheap, by a partial index. */
export async function hasExpired(db: Db, issueId: string): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from deliveries d where d.issue_id = $1 and ${expired} and not ${mayHaveIt}) as found`,
    [issueId],
  );
  return found;
}

/** Why an issue no longer goes to readers who have not had it. */
export type CallOffReason = 'cancelled' | 'warm-up' | 'superseded';

/**
 * Excludes the issue's deliveries in the given states, and gives their readers its posts back, also those of
 * expired deliveries: their next issue brings them. A reader with an unanswered try keeps the delivery as it
 * is, so that nothing arrives twice. Returns how many readers got posts back. Call it within a transaction
 * that holds lockFanOut.
 */
export async function giveBack(
  tx: Db,
  issueId: string,
  called: { off: readonly DeliveryState[]; reason: CallOffReason } | undefined,
): Promise<number> {
  return tx.change(
    `with taken as (
       update deliveries d set
         state = case when d.state = any ($2) then 'excluded' else d.state end,
         reason = case when d.state = any ($2) then $3 else d.reason end,
         changed_at = case when d.state = any ($2) then now() else d.changed_at end,
         returned_at = case when not ${mayHaveIt} then now() end, due_at = null
       where d.issue_id = $1 and (d.state = any ($2) or (${expired} and not ${mayHaveIt}))
       returning d.subscription_id, d.read_from, coalesce(d.read_ahead, '{}') as read_ahead, d.returned_at,
         d.reason = 'cancelled' as cancelled
     ), had as (
       select seq_through, post_ids, array(select seq from issue_posts where issue_id = $1) as seqs
       from issues where id = $1
     )
     update subscriptions s set
       ${givenBack}
     from taken t, had, lateral (select array(
       select seq from unnest(had.seqs) as seq where seq > t.read_from and seq <> all (t.read_ahead)) as seqs) given
     where t.returned_at is not null and s.id = t.subscription_id and (${untouched} or given.seqs <> '{}')`,
    [issueId, called?.off ?? [], called?.reason ?? null],
  );
}

/**
 * Issues cancelled in the last days that still have open deliveries: sent at that moment, or expired before.
 */
export async function selectCancelledWithRest(
  db: Db,
  now: Date,
): Promise<{ id: string; newsletterId: string }[]> {
  return db.query(
    `select i.id, i.newsletter_id from issues i
     where i.cancelled_at > $1::timestamptz - interval '2 days' and i.fanned_out_at is not null
       -- In the order of the indexes, with limits, as in reopen (src/issues/sending.ts).
       and ((select true from deliveries d where d.issue_id = i.id and d.state = 'queued' order by d.batch limit 1)
         or (select true from deliveries d where d.issue_id = i.id and d.state = 'deferred' order by d.due_at limit 1)
         or (select true from deliveries d where d.issue_id = i.id and ${expired} and not ${mayHaveIt} limit 1))`,
    [now],
  );
}

/** Whether an answer for the issue came, or it was begun or resumed, since `since`. */
export async function hasMoved(db: Db, issueId: string, since: Date): Promise<boolean> {
  const { moved } = await db.one<{ moved: boolean }>(
    `select greatest(i.fanned_out_at, i.resumed_at,
         (select max(p.updated_at) from issue_progress p where p.issue_id = i.id)) > $2 as moved
     from issues i where i.id = $1`,
    [issueId, since],
  );
  return moved;
}
