// The SQL behind the preferences page. Private to this folder.
import type { Db } from '../db.js';
import { readThroughOfNewReaders, type Place } from '../subscribers/store.js';

/** Of the last scheduled issue that this subscription has, or has yet to be handed over. */
export async function lastScheduledSlot(db: Db, subscriptionId: string): Promise<Date | undefined> {
  const { slot } = await db.one<{ slot: Date | null }>(
    `select max(i.slot) as slot
     from subscriptions s
     join issues i on i.newsletter_id = s.newsletter_id
     join deliveries d on d.issue_id = i.id and d.subscriber_id = s.subscriber_id
     where s.id = $1 and i.kind = 'scheduled' and d.subscription_id = s.id and d.state not in ('excluded', 'refused')`,
    [subscriptionId],
  );
  return slot ?? undefined;
}

/** Undoes a leaving after `since`; false when there is none, or the address must not be mailed. */
export async function rejoin(db: Db, subscriptionId: string, since: Date): Promise<boolean> {
  const changed = await db.change(
    `update subscriptions s set unsubscribed_at = null, expired_at = null,
       read_through = greatest(s.read_through, ${readThroughOfNewReaders('s.newsletter_id')})
     where s.id = $1 and s.confirmed_at is not null and s.unsubscribed_at > $2
       and not exists (select from subscribers r join suppressions using (address_hash) where r.id = s.subscriber_id)`,
    [subscriptionId, since],
  );
  return changed === 1;
}

export interface PlaceRow extends Place {
  newsletterId: string;
}

/** Every place that the subscriber has, or had. */
export async function placesOf(db: Db, subscriberId: string): Promise<PlaceRow[]> {
  return db.query(
    `select id, newsletter_id, requested_at, confirmed_at, unsubscribed_at, expired_at from subscriptions
     where subscriber_id = $1`,
    [subscriberId],
  );
}

/**
 * Makes the subscriber an active reader of one more newsletter, whatever they were before. Undefined when they are one
 * already, or the address must not be mailed.
 */
export async function joinNow(
  tx: Db,
  { newsletterId, subscriberId, now }: { newsletterId: string; subscriberId: string; now: Date },
): Promise<string | undefined> {
  const row = await tx.maybeOne<{ id: string }>(
    `insert into subscriptions as s (newsletter_id, subscriber_id, requested_at, confirmed_at, read_through)
     select $1::bigint, r.id, $3::timestamptz, $3::timestamptz, ${readThroughOfNewReaders('$1')} from subscribers r
     where r.id = $2 and not exists (select from suppressions u where u.address_hash = r.address_hash)
     on conflict (newsletter_id, subscriber_id) do update set
       confirmed_at = excluded.confirmed_at, unsubscribed_at = null, expired_at = null, paused_until = null,
       read_through = greatest(s.read_through, excluded.read_through)
       where s.confirmed_at is null or s.unsubscribed_at is not null
     returning id`,
    [newsletterId, subscriberId, now],
  );
  return row?.id;
}
