// The events of which webhooks tell. Names and payloads are public: docs/integrating.md lists them. Pure.

export const webhookEvents = [
  'subscriber.confirmed',
  'subscriber.unsubscribed',
  'subscriber.updated',
  'subscriber.erased',
  'delivery.bounced',
  'delivery.complained',
  'issue.review',
  'issue.finished',
  'issue.paused',
  'feed.failing',
  'import.finished',
] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

export interface Announcement {
  event: WebhookEvent;
  /** The newsletters that it concerns. A webhook for one newsletter hears of these only. */
  newsletterIds: readonly string[];
  /** The payload. Of readers, it holds ids only: announceReader adds the rest. */
  data: object;
}

export interface AnnouncedReturn {
  issueId: string;
  subscriberId: string;
  state: 'bounced' | 'complained';
  /** The kind of bounce: 'hard'. */
  kind: string;
}
