// A subscription's status, derived from its timestamps. Pure. subscriptions.ts has the same rule in SQL; a
// test compares the two.

export type SubscriptionStatus = 'pending' | 'active' | 'unsubscribed' | 'suppressed' | 'expired';

export const subscriptionStatuses: readonly SubscriptionStatus[] = [
  'pending',
  'active',
  'unsubscribed',
  'suppressed',
  'expired',
];

export interface SubscriptionTimes {
  requestedAt: Date;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  expiredAt: Date | null;
  /** The address is suppressed, whatever the reader agreed to. */
  suppressed: boolean;
}

/**
 * pending → active → unsubscribed → (asks again) pending → active; suppressed overrides all. A reader who
 * left stays unsubscribed, for every sender of mail, until the new request is confirmed.
 */
export function subscriptionStatus(row: SubscriptionTimes): SubscriptionStatus {
  if (row.suppressed) return 'suppressed';
  if (row.unsubscribedAt !== null)
    return row.requestedAt > row.unsubscribedAt && row.expiredAt === null ? 'pending' : 'unsubscribed';
  if (row.confirmedAt !== null) return 'active';
  return row.expiredAt === null ? 'pending' : 'expired';
}
