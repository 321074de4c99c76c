// The data that this feature stores about one person. src/people exports, merges and erases it.
import type { Db } from '../db.js';

/** The changes of address of one person. */
export async function selectAddressChanges(db: Db, subscriberId: string): Promise<object[]> {
  return db.query(
    `select address, requested_at, expires_at, old_agreed_at, new_agreed_at, done_at, withdrawn_at
     from address_changes where subscriber_id = $1 order by id`,
    [subscriberId],
  );
}

/** Deletes every wish for mail at this address, also those of other people. */
export async function deleteAddressChangesTo(tx: Db, addressHash: Buffer): Promise<void> {
  await tx.change('delete from address_changes where address_hash = $1', [addressHash]);
}

/** One subscription takes over the wishes that were made on another's page. */
export async function moveAddressChanges(tx: Db, { from, to }: { from: string; to: string }): Promise<void> {
  await tx.change('update address_changes set subscription_id = $2 where subscription_id = $1', [from, to]);
}

export interface GivenReason {
  newsletterId: string;
  unsubscribedAt: Date;
  reason: string;
  comment: string | null;
  at: Date;
}

/** The reasons that one person gave for leaving. */
export async function selectLeavingsOf(db: Db, subscriberId: string): Promise<GivenReason[]> {
  return db.query(
    `select l.newsletter_id, l.unsubscribed_at, l.reason, l.comment, l.at
     from leavings l join subscriptions s on s.id = l.subscription_id where s.subscriber_id = $1 order by l.id`,
    [subscriberId],
  );
}
