// The SQL behind the preferences page. Private to this folder.
import type { Db } from '../db.js';
import { readThroughOfNewReaders } from './store.js';

/** Of the last scheduled issue that this subscription has, or has yet to be handed over. */
export async function lastScheduledSlot(db: Db, subscriptionId: string): Promise<Date | undefined> {
  const { slot } = await db.one<{ slot: Date | null }>(
    `select max(i.slot) as slot
     from subscriptions s
     join deliveries d on d.subscriber_id = s.subscriber_id and d.subscription_id = s.id
     join issues i on i.id = d.issue_id
     where s.id = $1 and i.kind = 'scheduled' and d.state not in ('excluded', 'refused')`,
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
