// Two addresses turn out to be one person's: what both read becomes one place each.
import type { Db } from '../db.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { foldInto, lockPlaces, takeOver, type MergingRow } from './store-merge.js';

const isActive = (place: MergingRow): boolean =>
  subscriptionStatus({ ...place, suppressed: false }) === 'active';

/**
 * Makes `otherId` part of `subscriberId`. Of two places on one newsletter the subscriber's own stays, with what they chose
 * there, unless only the other is active.
 */
export async function mergeSubscribers(
  tx: Db,
  { subscriberId, otherId }: { subscriberId: string; otherId: string },
): Promise<void> {
  const places = await lockPlaces(tx, [subscriberId, otherId]);
  for (const own of places.filter((place) => place.subscriberId === subscriberId)) {
    const other = places.find(
      (place) => place.newsletterId === own.newsletterId && place.subscriberId === otherId,
    );
    if (!other) continue;
    const othersStays = isActive(other) && !isActive(own);
    await foldInto(tx, othersStays ? { stays: other.id, goes: own.id } : { stays: own.id, goes: other.id });
  }
  await takeOver(tx, { subscriberId, otherId });
}
