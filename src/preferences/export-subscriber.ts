import type { Db } from '../db.js';
import { getSubscriber } from '../subscribers/list-subscribers.js';
import { consentsOf, deliveriesOf } from '../subscribers/store-admin.js';
import { addressChangesOf } from './store-address.js';
import { leavingsOf } from './store-leavings.js';
import type { SubscriberView } from '../subscribers/subscriber-view.js';

export interface SubscriberExport {
  subscriber: SubscriberView;
  consents: object[];
  deliveries: object[];
  /** Why they left, where they said so. */
  leavings: object[];
  /** Addresses that they wanted, or have. */
  addressChanges: object[];
}

/** Everything that is stored about one person (GDPR article 15); undefined: there is no such subscriber. */
export async function exportSubscriber(
  { db }: { db: Db },
  { id }: { id: string },
): Promise<SubscriberExport | undefined> {
  const subscriber = await getSubscriber({ db }, id);
  if (!subscriber) return undefined;
  return {
    subscriber,
    consents: await consentsOf(db, id),
    deliveries: await deliveriesOf(db, id),
    leavings: await leavingsOf(db, id),
    addressChanges: await addressChangesOf(db, id),
  };
}
