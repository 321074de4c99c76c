// Announces what happened to the webhooks that want to know. Call it in the transaction that has the effect: if that
// rolls back, nothing is sent, and if it commits, nothing is lost. Without a webhook, nothing is written.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import type { AnnouncedReturn, Announcement, WebhookEvent } from './events.js';
import * as store from './store-announce.js';

/** How long a delivery is tried again. */
export const retriedFor = day;

const timesOf = (at: Date) => ({ at, retryUntil: new Date(at.getTime() + retriedFor) });

export async function announce(tx: Db, at: Date, ...announcements: Announcement[]): Promise<void> {
  if (announcements.length > 0) await store.insertAnnouncements(tx, announcements, timesOf(at));
}

export interface AnnouncedIssue {
  id: string;
  newsletterId: string;
  number: number | null;
  subject: string | null;
}

type IssueEvent = Extract<WebhookEvent, `issue.${string}`>;

/** `more`: what the payload holds beside the issue. */
export function announceIssue(
  tx: Db,
  { event, at, issue, more }: { event: IssueEvent; at: Date; issue: AnnouncedIssue; more: object },
): Promise<void> {
  const { id: issueId, newsletterId, number, subject } = issue;
  const data = { issueId, newsletterId, number, subject, ...more };
  return announce(tx, at, { event, newsletterIds: [newsletterId], data });
}

type ReaderEvent = 'subscriber.confirmed' | 'subscriber.unsubscribed' | 'subscriber.updated';

/** `via`: how it happened, as in the record of consent. */
export async function announceReader(
  tx: Db,
  event: ReaderEvent,
  { at, subscriptionId, via }: { at: Date; subscriptionId: string; via: string },
): Promise<void> {
  await store.insertReaderAnnouncement(tx, { event, subscriptionId, via }, timesOf(at));
}

/** Deliveries that came back. A lot of them is one statement. */
export async function announceReturns(tx: Db, at: Date, returned: readonly AnnouncedReturn[]): Promise<void> {
  if (returned.length > 0) await store.insertReturnAnnouncements(tx, returned, timesOf(at));
}
