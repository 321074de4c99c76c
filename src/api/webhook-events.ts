// The webhooks of the OpenAPI document: the request that each event makes. The events themselves are in src/webhooks.
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z, type ZodType } from 'zod';
import type { WebhookEvent } from '../webhooks/events.js';
import { id } from './endpoint.js';
import { counts } from './issue-schemas.js';

/** As JSON has it. `time` of endpoint.ts is for answers, which are made of a Date. */
const instant = z.iso.datetime().meta({ example: '2026-03-01T07:00:00.000Z' });
const email = z.string().meta({ format: 'idn-email', example: 'ada@example.org' });

const reader = z
  .object({
    subscriberId: id,
    newsletterId: id,
    email,
    name: z.string().nullable(),
    via: z
      .enum(['form', 'api', 'import', 'one-click', 'page', 'console', 'mail'])
      .meta({ description: 'How it happened. More may be added.' }),
  })
  .meta({ id: 'SubscriberEvent' });

const returned = z
  .object({
    issueId: id,
    newsletterId: id,
    subscriberId: id,
    email,
    kind: z
      .string()
      .meta({ description: 'The kind of bounce: hard, full, …; or complaint.', example: 'hard' }),
  })
  .meta({ id: 'DeliveryEvent' });

const issue = z.object({
  issueId: id,
  newsletterId: id,
  number: z.int().nullable(),
  subject: z.string().nullable(),
});

interface Told {
  when: string;
  data: ZodType;
}

/** What each event says, and when. */
export const webhookPayloads: Readonly<Record<WebhookEvent, Told>> = {
  'subscriber.confirmed': {
    when: 'A reader became active: confirmed, was added, or came back.',
    data: reader,
  },
  'subscriber.updated': { when: 'Name, language, address, preferences or a pause changed.', data: reader },
  'subscriber.unsubscribed': { when: 'A reader left, or an admin ended the subscription.', data: reader },
  'subscriber.erased': {
    when: 'A person was erased: erase your copy too.',
    data: z.object({ subscriberId: id, newsletterIds: z.array(id) }).meta({ id: 'SubscriberErasedEvent' }),
  },
  'delivery.bounced': { when: 'A mail came back.', data: returned },
  'delivery.complained': { when: 'A reader reported a mail as spam, and is suppressed.', data: returned },
  'issue.review': {
    when: 'An issue waits for approval.',
    data: issue.extend({ slot: instant }).meta({ id: 'IssueReviewEvent' }),
  },
  'issue.paused': {
    when: 'An admin, the guard or a hold paused an issue.',
    data: issue
      .extend({
        by: z.string().meta({ description: 'admin, guard or hold.', example: 'admin' }),
        reason: z.string().nullable(),
      })
      .meta({ id: 'IssuePausedEvent' }),
  },
  'issue.finished': {
    when: 'Every delivery has ended. It comes again if deliveries are sent once more afterwards.',
    data: issue.extend({ counts }).meta({ id: 'IssueFinishedEvent' }),
  },
  'feed.failing': {
    when: 'No poll has succeeded for a day, or the server says that the feed is gone.',
    data: z
      .object({
        feedId: id,
        newsletterId: id,
        url: z.string(),
        title: z.string().nullable(),
        error: z.string(),
        gone: z.boolean(),
      })
      .meta({ id: 'FeedFailingEvent' }),
  },
  'import.finished': {
    when: 'An import ended. Its readers are not announced one by one.',
    data: z
      .object({
        importId: id,
        newsletterId: id,
        state: z.enum(['finished', 'failed']),
        rows: z.int(),
        created: z.int(),
        updated: z.int(),
        skipped: z.int(),
      })
      .meta({ id: 'ImportFinishedEvent' }),
  },
};

const headers = z.object({
  'webhook-id': z.string().meta({ description: 'The same when the event is sent again.', example: 'msg_17' }),
  'webhook-timestamp': z.string().meta({ description: 'Seconds since 1970.', example: '1772348400' }),
  'webhook-signature': z.string().meta({ description: 'As Standard Webhooks has it.', example: 'v1,…' }),
});

/** One entry of `webhooks` for each event. */
export function webhookRequests(): RouteConfig[] {
  return Object.entries(webhookPayloads).map(([event, { when, data }]) => ({
    method: 'post',
    path: event,
    operationId: `on.${event}`.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: ['webhooks'],
    summary: when,
    // The signature proves where it comes from; our API keys stay here.
    security: [],
    request: {
      headers,
      body: {
        required: true,
        content: {
          'application/json': { schema: z.object({ type: z.literal(event), timestamp: instant, data }) },
        },
      },
    },
    responses: {
      '2XX': { description: 'Success, within 15 seconds. The body is ignored.' },
      410: { description: 'Disables the webhook.' },
      default: { description: 'A failure: the event is sent again, for a day.' },
    },
  }));
}
