// Two addresses turn out to belong to one person: one subscriber takes over what the other has.
//
// 1. Lock all subscriptions of both.
// 2. Where both are on one newsletter, fold one subscription into the other; its waiting mail and its wishes
//    for another address go with it.
// 3. Give the subscriber the other's remaining subscriptions and waiting mail, and delete the other.
import type { Db } from '../db.js';
import { giveWaitingDeliveries, moveWaitingDeliveries } from '../delivery/ledger.js';
import { moveAddressChanges } from '../preferences/person.js';
import {
  foldSubscription,
  lockSubscriptionsOf,
  takeSubscriptions,
  type MergingSubscription,
} from '../subscribers/merging.js';
import { subscriptionStatus } from '../subscribers/status.js';

const isActive = (subscription: MergingSubscription): boolean =>
  subscriptionStatus({ ...subscription, suppressed: false }) === 'active';

/**
 * Makes `otherId` part of `subscriberId`, inside the transaction `tx`. Of two subscriptions to one newsletter
 * the subscriber's own stays, with its preferences, unless only the other one is active.
 */
export async function mergeSubscribers(
  tx: Db,
  { subscriberId, otherId }: { subscriberId: string; otherId: string },
): Promise<void> {
  const all = await lockSubscriptionsOf(tx, [subscriberId, otherId]);
  for (const own of all.filter((one) => one.subscriberId === subscriberId)) {
    const other = all.find((one) => one.newsletterId === own.newsletterId && one.subscriberId === otherId);
    if (!other) continue;
    const [stays, goes] = isActive(other) && !isActive(own) ? [other, own] : [own, other];
    await moveAddressChanges(tx, { from: goes.id, to: stays.id });
    await moveWaitingDeliveries(tx, { ...goes, from: goes.id, to: stays.id });
    await foldSubscription(tx, { stays: stays.id, goes: goes.id });
  }
  await giveWaitingDeliveries(tx, { subscriberId, otherId });
  await takeSubscriptions(tx, { subscriberId, otherId });
}
