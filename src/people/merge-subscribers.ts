// Merges two subscribers whose addresses belong to one person.
//
// 1. Lock all subscriptions of both.
// 2. If both subscribe to the same newsletter, fold one subscription into the other. Its waiting mail, its
//    requested address changes and its clicks move too.
// 3. Move the other subscriber's remaining subscriptions and waiting mail, and delete the other subscriber.
import type { Db } from '../db.js';
import { giveWaitingDeliveries, moveWaitingDeliveries } from '../delivery/ledger.js';
import { moveAddressChanges } from '../preferences/person.js';
import { moveClicks } from '../tracking/clicks-of.js';
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
 * Merges `otherId` into `subscriberId`, inside the transaction `tx`. If both subscribe to a newsletter, the
 * subscription of `subscriberId` stays, with its preferences, unless only the other one is active.
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
    await moveClicks(tx, { from: goes.id, to: stays.id });
    await moveWaitingDeliveries(tx, { ...goes, from: goes.id, to: stays.id });
    await foldSubscription(tx, { stays: stays.id, goes: goes.id });
  }
  await giveWaitingDeliveries(tx, { subscriberId, otherId });
  await takeSubscriptions(tx, { subscriberId, otherId });
}
