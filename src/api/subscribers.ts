// Endpoints for subscribers.
import { z } from 'zod';
import { eventsOf } from '../feedback/events.js';
import { createSubscriber } from '../joining/create-subscriber.js';
import { eraseSubscriber } from '../people/erase-subscriber.js';
import { exportSubscriber } from '../people/export-subscriber.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import { joinSources } from '../subscribers/join-source.js';
import { readerProblems } from '../subscribers/reader-problems.js';
import { subscriptionStatuses } from '../subscribers/status.js';
import { updateSubscriber } from '../subscribers/update-subscriber.js';
import { problem, type Problem } from '../problem.js';
import { feedbackEvent } from './issue-schemas.js';
import {
  endpoint,
  id,
  mailAddress,
  noContent,
  notFound,
  ok,
  pageSchema,
  pageQuery,
  queryText,
  time,
} from './endpoint.js';
import { shownTo } from './keep-keys.js';

const tag = 'subscribers';
const status = z.enum(subscriptionStatuses);
const weekday = z.int().min(1).max(7);

const answers = z
  .record(z.string().max(32), z.union([z.string(), z.number(), z.boolean()]))
  .meta({ description: "Answers to the newsletter's custom fields, by name." });

const subscription = z
  .object({
    id,
    newsletterId: id,
    newsletter: z.string().meta({ description: 'The slug of the newsletter.' }),
    status,
    requestedAt: time,
    confirmationSentAt: time.nullable(),
    confirmationReply: z
      .string()
      .nullable()
      .meta({ description: 'The relay’s reply if it did not accept the confirmation.' }),
    confirmedAt: time.nullable(),
    unsubscribedAt: time.nullable(),
    pausedUntil: time.nullable(),
    topics: z.array(z.string()).nullable().meta({ description: 'null: all topics.' }),
    customFields: answers,
    frequency: z.enum(['daily', 'weekly']).nullable(),
    sendTime: z.string().nullable(),
    weekday: weekday.nullable(),
    timezone: z.string().nullable(),
    plainText: z.boolean().meta({ description: 'The reader wants plain text without HTML.' }),
    trackingAgreedAt: time
      .nullable()
      .meta({ description: 'When the reader agreed that their clicks are counted.' }),
  })
  .meta({
    id: 'Subscription',
    description: 'frequency, sendTime, weekday and timezone: null means the newsletter’s default.',
  });

const subscriberSchema = z
  .object({
    id,
    email: z.string(),
    name: z.string().nullable(),
    language: z.string().nullable(),
    createdAt: time,
    suppressed: z.string().nullable().meta({
      description: 'Why the address is suppressed: manual, bounce, complaint, erasure or imported.',
    }),
    subscriptions: z.array(subscription),
  })
  .meta({ id: 'Subscriber' });

const subscriberInput = z
  .strictObject({
    email: mailAddress,
    name: z.string().max(1000).nullable().optional(),
    newsletterId: z.string().optional().meta({ description: 'The newsletter to subscribe to.' }),
    status: z.enum(['pending', 'active']).optional().meta({
      description:
        'pending: the person gets a confirmation mail. active: you vouch for their consent. Absent: pending, or active if there is a basis and the newsletter has confirm "imported-only".',
    }),
    basis: z
      .string()
      .max(2000)
      .optional()
      .meta({ description: 'The reason why the person may be mailed. It goes into the record of consent.' }),
    customFields: answers.optional(),
  })
  .meta({ id: 'SubscriberInput' });

const subscriberPatch = z
  .strictObject({
    name: z.string().max(1000).nullable().optional(),
    language: z.string().max(35).nullable().optional(),
    newsletterId: z
      .string()
      .optional()
      .meta({ description: 'The newsletter whose subscription is changed.' }),
    status: z.literal('unsubscribed').optional(),
    topics: z.array(z.string()).max(100).nullable().optional(),
    frequency: z.enum(['daily', 'weekly']).optional(),
    sendTime: z.string().optional(),
    weekday: weekday.optional(),
    timezone: z.string().optional(),
    pausedUntil: z.iso.datetime({ offset: true }).nullable().optional().meta({ format: 'date-time' }),
    plainText: z.boolean().optional(),
    customFields: z
      .record(z.string().max(32), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .optional()
      .meta({ description: 'The answers to change. null deletes an answer.' }),
  })
  .meta({ id: 'SubscriberPatch' });

/** Makes a problem from a use case's refusal. The problem keeps the code. */
export function refusal({ code, detail }: { code: string; detail: string }): Problem {
  const conflicts = ['suppressed', 'unsubscribed'];
  const path = code.startsWith('invalid-') ? code.slice('invalid-'.length) : undefined;
  const field = { address: 'email' }[path ?? ''] ?? path;
  if (field !== undefined) return problem(400, code, detail, { errors: [{ path: field, message: detail }] });
  return problem(conflicts.includes(code) ? 409 : 400, code, detail);
}

export const subscriberEndpoints = [
  endpoint({
    method: 'get',
    path: '/subscribers',
    tag,
    summary: 'List subscribers',
    permission: 'read',
    query: pageQuery.extend({
      email: queryText(1000).optional(),
      search: queryText(200)
        .trim()
        .min(3)
        .optional()
        .meta({ description: 'A part of the address or the name, in any case.' }),
      newsletter: queryText(100).optional().meta({ description: 'The id or slug of the newsletter.' }),
      status: status.optional(),
      topic: queryText(100)
        .optional()
        .meta({ description: 'A topic that the reader chose. Readers of all topics are not listed.' }),
      problem: z.enum(readerProblems).optional().meta({
        description:
          'bounced, complained: the address is suppressed because of it. full, unavailable, refused: the mailbox was full, its server was out of order, or refused the mail, in the last 30 days.',
      }),
      source: z.enum(joinSources).optional().meta({ description: 'How the reader last came.' }),
      frequency: z.enum(['daily', 'weekly']).optional().meta({
        description:
          'How often the reader gets the newsletter: by their own choice, or by its first frequency.',
      }),
      since: z.coerce.date().optional().meta({
        format: 'date-time',
        description: 'Only readers who were added then or later.',
        example: '2026-11-01T00:00:00Z',
      }),
    }),
    answers: {
      200: {
        description:
          'The oldest first. With filters that few of very many readers match, a page can be short, or empty, and have a nextCursor.',
        schema: pageSchema(subscriberSchema),
      },
    },
    asked: ({ query }) => query.newsletter,
    async handle({ deps, query, newsletterIds }) {
      const { data, nextCursor } = await listSubscribers(deps, query);
      return ok({ data: data.map((one) => shownTo(newsletterIds, one)), nextCursor });
    },
  }),
  endpoint({
    method: 'post',
    path: '/subscribers',
    tag,
    summary: 'Add a subscriber to a newsletter',
    permission: 'write',
    body: subscriberInput,
    answers: {
      200: {
        description: 'The subscriber existed before. Missing values were added.',
        schema: subscriberSchema,
      },
      201: { description: 'The subscriber.', schema: subscriberSchema },
    },
    problems: {
      409: 'suppressed, unsubscribed; or the first request with this Idempotency-Key is still running.',
    },
    audit: 'subscriber.add',
    asked: ({ body }) => body.newsletterId,
    async handle({ deps, body, newsletterIds }) {
      const result = await createSubscriber(deps, { ...body, via: 'api' });
      if (!result.ok) return refusal(result);
      const { subscriber } = result;
      return {
        status: result.created ? 201 : 200,
        body: shownTo(newsletterIds, subscriber),
        subject: `subscriber:${subscriber.id}`,
        headers: { Location: `/api/v1/subscribers/${subscriber.id}` },
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscribers/:id',
    tag,
    summary: 'Get a subscriber with their subscriptions',
    permission: 'read',
    answers: { 200: { description: 'The subscriber.', schema: subscriberSchema } },
    async handle({ deps, id: subscriberId }) {
      const subscriber = await getSubscriber(deps, subscriberId);
      return subscriber ? ok(subscriber) : notFound('subscriber');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/subscribers/:id',
    tag,
    summary: 'Change a subscriber, or unsubscribe them at their request',
    permission: 'write',
    body: subscriberPatch,
    answers: { 200: { description: 'The subscriber after the change.', schema: subscriberSchema } },
    audit: 'subscriber.change',
    asked: ({ body }) => body.newsletterId,
    async handle({ deps, id: subscriberId, body: { pausedUntil, ...body } }) {
      const result = await updateSubscriber(deps, {
        ...body,
        id: subscriberId,
        via: 'api',
        ...(pausedUntil === undefined
          ? {}
          : { pausedUntil: pausedUntil === null ? null : new Date(pausedUntil) }),
      });
      if (result.ok) return ok(result.subscriber);
      return result.code === 'not-found' ? notFound('subscriber') : refusal(result);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/subscribers/:id',
    tag,
    summary: 'Erase a person',
    description:
      'Everything about the person is deleted. A keyed hash remains, so that the address is not mailed again.',
    permission: 'write',
    answers: { 204: { description: 'The person is erased.' } },
    audit: 'subscriber.erase',
    async handle({ deps, id: subscriberId }) {
      return (await eraseSubscriber(deps, { id: subscriberId })) ? noContent() : notFound('subscriber');
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscribers/:id/events',
    tag,
    summary: 'List what came back about mail to a subscriber: bounces, complaints, automatic replies',
    permission: 'read',
    answers: { 200: { description: 'The newest 100, the newest first.', schema: pageSchema(feedbackEvent) } },
    async handle({ deps, id: subscriberId }) {
      if (!(await getSubscriber(deps, subscriberId))) return notFound('subscriber');
      return ok({ data: await eventsOf(deps.db, subscriberId), nextCursor: null });
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscribers/:id/export',
    tag,
    summary: 'Export everything that is stored about a person',
    permission: 'write',
    audit: 'subscriber.export',
    answers: {
      200: {
        description:
          'The person, their record of consent, their deliveries, what came back about them, their reasons for unsubscribing, and their other addresses.',
        schema: z
          .object({
            subscriber: subscriberSchema,
            consents: z.array(z.looseObject({})),
            deliveries: z.array(z.looseObject({})),
            events: z.array(feedbackEvent),
            leavings: z.array(z.looseObject({})),
            addressChanges: z.array(z.looseObject({})),
            clicks: z.array(z.looseObject({})),
          })
          .meta({ id: 'SubscriberExport' }),
      },
    },
    async handle({ deps, id: subscriberId }) {
      const exported = await exportSubscriber(deps, { id: subscriberId });
      return exported ? ok(exported) : notFound('subscriber');
    },
  }),
];
