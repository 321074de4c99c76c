// A subscriber as the API, the CLI and the console show it. Pure.
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
  /** The relay's reply, if it refused or deferred the confirmation. */
  confirmationReply: string | null;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  pausedUntil: Date | null;
  /** Null: all. */
  topics: string[] | null;
  /** The reader's answers to the newsletter's custom fields. */
  customFields: CustomValues;
  /** These four are null for readers who use the newsletter's time. */
  frequency: 'daily' | 'weekly' | null;
  sendTime: string | null;
  weekday: number | null;
  timezone: string | null;
  plainText: boolean;
  /** When they agreed that their clicks are counted. */
  trackingAgreedAt: Date | null;
}

export interface SubscriberView {
  id: string;
  email: string;
  name: string | null;
  language: string | null;
  createdAt: Date;
  /** Why the address is suppressed; null: it is not. */
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
