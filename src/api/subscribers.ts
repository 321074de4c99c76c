// Endpoints for subscribers and suppressions.
import { z } from 'zod';
import { createSubscriber } from '../joining/create-subscriber.js';
import { eraseSubscriber } from '../people/erase-subscriber.js';
import { exportSubscriber } from '../people/export-subscriber.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import { subscriptionStatuses } from '../subscribers/status.js';
import { addSuppression, listSuppressions, removeSuppression } from '../subscribers/suppressions.js';
import { updateSubscriber } from '../subscribers/update-subscriber.js';
import { problem, type Problem } from '../problem.js';
import { endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

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
    newsletter: z.string().meta({ description: 'Its slug.' }),
    status,
    requestedAt: time,
    confirmationSentAt: time.nullable(),
    confirmationReply: z
      .string()
      .nullable()
      .meta({ description: 'What the relay said when it did not take it.' }),
    confirmedAt: time.nullable(),
    unsubscribedAt: time.nullable(),
    pausedUntil: time.nullable(),
    topics: z.array(z.string()).nullable().meta({ description: 'null: all.' }),
    customFields: answers,
    frequency: z.enum(['daily', 'weekly']).nullable(),
    sendTime: z.string().nullable(),
    weekday: weekday.nullable(),
    timezone: z.string().nullable(),
    plainText: z.boolean().meta({ description: 'They want plain text alone.' }),
    trackingAgreedAt: time
      .nullable()
      .meta({ description: 'When they agreed that what they open and click may be counted.' }),
  })
  .meta({
    id: 'Subscription',
    description: "What is null of frequency, sendTime, weekday and timezone is the newsletter's own.",
  });

const subscriberSchema = z
  .object({
    id,
    email: z.string(),
    name: z.string().nullable(),
    language: z.string().nullable(),
    createdAt: time,
    suppressed: z.string().nullable().meta({ description: 'Why the address must not be mailed.' }),
    subscriptions: z.array(subscription),
  })
  .meta({ id: 'Subscriber' });

const suppressionSchema = z
  .object({
    id: id.meta({ description: 'A keyed hash of the address.' }),
    reason: z.string(),
    detail: z.string().nullable(),
    createdAt: time,
    email: z.string().nullable().meta({ description: 'Known only while there is such a subscriber.' }),
  })
  .meta({ id: 'Suppression' });

const subscriberInput = z
  .strictObject({
    email: z.string().max(1000),
    name: z.string().max(1000).nullable().optional(),
    newsletterId: z.string().optional().meta({ description: 'Subscribe to this newsletter.' }),
    status: z.enum(['pending', 'active']).optional().meta({
      description:
        'pending: asked to confirm. active: you vouch for their consent. Left out: pending, but active with a basis where the newsletter has confirm "imported-only".',
    }),
    basis: z
      .string()
      .max(2000)
      .optional()
      .meta({ description: 'Why they may be mailed, in your words; goes into the record of consent.' }),
    customFields: answers.optional(),
  })
  .meta({ id: 'SubscriberInput' });

const subscriberPatch = z
  .strictObject({
    name: z.string().max(1000).nullable().optional(),
    language: z.string().max(35).nullable().optional(),
    newsletterId: z.string().optional().meta({ description: 'Whose subscription the rest is about.' }),
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
      .meta({ description: 'Those that change; null takes an answer away.' }),
  })
  .meta({ id: 'SubscriberPatch' });

/** Makes a problem from a use case's refusal. The problem keeps the code. */
function refusal({ code, detail }: { code: string; detail: string }): Problem {
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
      email: z.string().max(1000).optional(),
      newsletter: z.string().max(100).optional().meta({ description: 'Its id or slug.' }),
      status: status.optional(),
    }),
    answers: { 200: { description: 'In the order they came.', schema: pageSchema(subscriberSchema) } },
    async handle({ deps, query }) {
      return ok(await listSubscribers(deps, query));
    },
  }),
  endpoint({
    method: 'post',
    path: '/subscribers',
    tag,
    summary: 'Add a subscriber, and subscribe them',
    permission: 'write',
    body: subscriberInput,
    answers: {
      200: { description: 'The address was known; what was missing is added.', schema: subscriberSchema },
      201: { description: 'The subscriber.', schema: subscriberSchema },
    },
    problems: {
      409: 'suppressed, unsubscribed; or the first request with this Idempotency-Key is not answered yet.',
    },
    audit: 'subscriber.add',
    async handle({ deps, body }) {
      const result = await createSubscriber(deps, { ...body, via: 'api' });
      if (!result.ok) return refusal(result);
      const { subscriber } = result;
      return {
        status: result.created ? 201 : 200,
        body: subscriber,
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
    summary: 'Change a subscriber, or end a subscription on their word',
    permission: 'write',
    body: subscriberPatch,
    answers: { 200: { description: 'The subscriber as they are now.', schema: subscriberSchema } },
    audit: 'subscriber.change',
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
      'Everything about them goes, but a keyed hash that keeps the address from being mailed again.',
    permission: 'write',
    answers: { 204: { description: 'They are forgotten.' } },
    audit: 'subscriber.erase',
    async handle({ deps, id: subscriberId }) {
      return (await eraseSubscriber(deps, { id: subscriberId })) ? noContent() : notFound('subscriber');
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscribers/:id/export',
    tag,
    summary: 'Everything that is stored about one person',
    permission: 'write',
    audit: 'subscriber.export',
    answers: {
      200: {
        description:
          'The person, the record of their consent, what they were mailed, why they left, and other addresses.',
        schema: z
          .object({
            subscriber: subscriberSchema,
            consents: z.array(z.looseObject({})),
            deliveries: z.array(z.looseObject({})),
            leavings: z.array(z.looseObject({})),
            addressChanges: z.array(z.looseObject({})),
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

export const suppressionEndpoints = [
  endpoint({
    method: 'get',
    path: '/suppressions',
    tag: 'suppressions',
    summary: 'List addresses that must not be mailed',
    permission: 'read',
    query: pageQuery.extend({
      // The cursor is the hash of the address: it identifies a suppression and orders the list.
      cursor: z.string().max(100).optional(),
      email: z.string().max(1000).optional(),
    }),
    answers: { 200: { description: 'By hash.', schema: pageSchema(suppressionSchema) } },
    async handle({ deps, query }) {
      return ok(await listSuppressions(deps, query));
    },
  }),
  endpoint({
    method: 'post',
    path: '/suppressions',
    tag: 'suppressions',
    summary: 'Keep an address from being mailed',
    permission: 'write',
    body: z.strictObject({ email: z.string().max(1000), detail: z.string().max(1000).optional() }),
    answers: {
      200: {
        description: 'It was suppressed before, and keeps its first reason.',
        schema: suppressionSchema,
      },
      201: { description: 'The suppression.', schema: suppressionSchema },
    },
    audit: 'suppression.add',
    async handle({ deps, body }) {
      const result = await addSuppression(deps, body);
      if (!result.ok) return refusal(result);
      return {
        status: result.created ? 201 : 200,
        body: result.suppression,
        subject: `suppression:${result.suppression.id}`,
      };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/suppressions/:id',
    tag: 'suppressions',
    summary: 'Lift a suppression; subscriptions are as they were before it',
    permission: 'write',
    answers: { 204: { description: 'It is lifted.' } },
    audit: 'suppression.remove',
    async handle({ deps, id: suppressionId }) {
      return (await removeSuppression(deps, { id: suppressionId })) ? noContent() : notFound('suppression');
    },
  }),
];
