// A subscriber as the API, the CLI and the console show them. Pure.
import type { CustomValues } from './custom-fields.js';
import { subscriptionStatus, type SubscriptionStatus } from './status.js';
import type { SubscriberRow, SubscriptionRow } from './store.js';

export interface SubscriptionView {
  id: string;
  newsletterId: string;
  /** Its slug. */
  newsletter: string;
  status: SubscriptionStatus;
  requestedAt: Date;
  confirmationSentAt: Date | null;
  /** What the relay said when it refused or put off the confirmation. */
  confirmationReply: string | null;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  pausedUntil: Date | null;
  /** Null: all. */
  topics: string[] | null;
  /** What the newsletter asked and the reader answered. */
  customFields: CustomValues;
  /** These four are null for whoever leaves it to the newsletter. */
  frequency: 'daily' | 'weekly' | null;
  sendTime: string | null;
  weekday: number | null;
  timezone: string | null;
  plainText: boolean;
  /** When they agreed that what they open and click may be counted. */
  trackingAgreedAt: Date | null;
}

export interface SubscriberView {
  id: string;
  email: string;
  name: string | null;
  language: string | null;
  createdAt: Date;
  /** Why the address must not be mailed; null: it may. */
  suppressed: string | null;
  subscriptions: SubscriptionView[];
}

const date = (text: string | null): Date | null => (text === null ? null : new Date(text));

function subscriptionView(row: SubscriptionRow, suppressed: boolean): SubscriptionView {
  const times = {
    requestedAt: new Date(row.requestedAt),
    confirmedAt: date(row.confirmedAt),
    unsubscribedAt: date(row.unsubscribedAt),
  };
  const expiredAt = date(row.expiredAt);
  return {
    id: row.id,
    newsletterId: row.newsletterId,
    newsletter: row.newsletter,
    status: subscriptionStatus({ ...times, expiredAt, suppressed }),
    ...times,
    confirmationSentAt: date(row.confirmationSentAt),
    confirmationReply: row.confirmationReply,
    pausedUntil: date(row.pausedUntil),
    topics: row.topics,
    customFields: row.customFields,
    frequency: row.readingTime?.frequency ?? null,
    sendTime: row.readingTime?.sendTime ?? null,
    weekday: row.readingTime?.weekday ?? null,
    timezone: row.readingTime?.timezone ?? null,
    plainText: row.plainText,
    trackingAgreedAt: date(row.trackingAgreedAt),
  };
}

export function subscriberView({ suppressedFor, subscriptions, ...row }: SubscriberRow): SubscriberView {
  return {
    ...row,
    suppressed: suppressedFor,
    subscriptions: subscriptions.map((subscription) =>
      subscriptionView(subscription, suppressedFor !== null),
    ),
  };
}
