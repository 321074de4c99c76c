// Exports all stored data about one person (GDPR article 15). Each feature supplies its part.
import { recordAudit } from '../accounts/audit.js';
import type { Db } from '../db.js';
import { selectDeliveriesTo } from '../delivery/ledger.js';
import { eventsOf } from '../feedback/events.js';
import { selectAddressChanges, selectLeavingsOf } from '../preferences/person.js';
import { getSubscriber } from '../subscribers/list-subscribers.js';
import type { SubscriberView } from '../subscribers/subscriber-view.js';
import { clicksOf } from '../tracking/clicks-of.js';
import { selectConsents } from '../subscribers/subscriptions.js';

export interface SubscriberExport {
  subscriber: SubscriberView;
  consents: object[];
  deliveries: object[];
  /** What came back about mail to the person. */
  events: object[];
  /** The reasons that the person gave for unsubscribing. */
  leavings: object[];
  /** The person's requests to change their address. */
  addressChanges: object[];
  /** The clicks that were counted after the person agreed. */
  clicks: object[];
}

/** The same at the link of the reader, and recorded as the reader's act. */
export async function exportByLink(
  { db, now }: { db: Db; now: () => Date },
  { id }: { id: string },
): Promise<SubscriberExport | undefined> {
  const exported = await exportSubscriber({ db }, { id });
  if (exported)
    await recordAudit(
      { db, now },
      { actor: { kind: 'reader' }, action: 'subscriber.export', subject: `subscriber:${id}` },
    );
  return exported;
}

/** Undefined if there is no such subscriber. */
export async function exportSubscriber(
  { db }: { db: Db },
  { id }: { id: string },
): Promise<SubscriberExport | undefined> {
  const subscriber = await getSubscriber({ db }, id);
  if (!subscriber) return undefined;
  return {
    subscriber,
    consents: await selectConsents(db, id),
    deliveries: await selectDeliveriesTo(db, id),
    events: await eventsOf(db, id),
    leavings: await selectLeavingsOf(db, id),
    addressChanges: await selectAddressChanges(db, id),
    clicks: await clicksOf(db, id),
  };
}
