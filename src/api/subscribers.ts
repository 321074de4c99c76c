// Endpoints for subscribers and suppressions.
import { z } from 'zod';
import { may } from '../accounts/permission.js';
import { eventsOf } from '../feedback/events.js';
import { createSubscriber } from '../joining/create-subscriber.js';
import { eraseSubscriber } from '../people/erase-subscriber.js';
import { exportSubscriber } from '../people/export-subscriber.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import { readerProblems } from '../subscribers/reader-problems.js';
import { subscriptionStatuses } from '../subscribers/status.js';
import {
  addSuppression,
  getSuppression,
  liftSuppression,
  listSuppressions,
  type LiftResult,
} from '../subscribers/suppressions.js';
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
  time,
} from './endpoint.js';

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

const suppressionSchema = z
  .object({
    id: id.meta({ description: 'A keyed hash of the address.' }),
    reason: z.string(),
    detail: z.string().nullable(),
    createdAt: time,
    email: z.string().nullable().meta({ description: 'Known only while the subscriber exists.' }),
  })
  .meta({ id: 'Suppression' });

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
      search: z
        .string()
        .trim()
        .min(3)
        .max(200)
        .optional()
        .meta({ description: 'A part of the address or the name, in any case.' }),
      newsletter: z.string().max(100).optional().meta({ description: 'The id or slug of the newsletter.' }),
      status: status.optional(),
      topic: z
        .string()
        .max(100)
        .optional()
        .meta({ description: 'A topic that the reader chose. Readers of all topics are not listed.' }),
      problem: z.enum(readerProblems).optional().meta({
        description:
          'bounced, complained: the address is suppressed because of it. full, unavailable, refused: the mailbox was full, its server was out of order, or refused the mail, in the last 30 days.',
      }),
    }),
    answers: {
      200: {
        description:
          'The oldest first. With filters that few of very many readers match, a page can be short, or empty, and have a nextCursor.',
        schema: pageSchema(subscriberSchema),
      },
    },
    async handle({ deps, query }) {
      return ok(await listSubscribers(deps, query));
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
    summary: 'Change a subscriber, or unsubscribe them at their request',
    permission: 'write',
    body: subscriberPatch,
    answers: { 200: { description: 'The subscriber after the change.', schema: subscriberSchema } },
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

const noteMissing =
  'After a spam complaint or an erasure the request needs a note, which goes into the audit log.';

const notLifted: Record<Exclude<LiftResult, 'lifted'>, Problem> = {
  'not-found': notFound('suppression'),
  'owner-only': problem(
    403,
    'owner-only',
    'After a spam complaint or an erasure only an owner may lift the suppression.',
  ),
  'note-missing': problem(422, 'note-missing', noteMissing, {
    errors: [{ path: 'note', message: noteMissing }],
  }),
};

export const suppressionEndpoints = [
  endpoint({
    method: 'get',
    path: '/suppressions',
    tag: 'suppressions',
    summary: 'List suppressed addresses',
    permission: 'read',
    query: pageQuery.extend({
      // The cursor is the hash of the address: it identifies a suppression and orders the list.
      cursor: z.string().max(100).optional(),
      email: z.string().max(1000).optional(),
    }),
    answers: { 200: { description: 'Ordered by hash.', schema: pageSchema(suppressionSchema) } },
    async handle({ deps, query }) {
      return ok(await listSuppressions(deps, query));
    },
  }),
  endpoint({
    method: 'post',
    path: '/suppressions',
    tag: 'suppressions',
    summary: 'Suppress an address',
    permission: 'write',
    body: z.strictObject({ email: mailAddress, detail: z.string().max(1000).optional() }),
    answers: {
      200: {
        description: 'The address was already suppressed and keeps its first reason.',
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
    method: 'get',
    path: '/suppressions/:id',
    tag: 'suppressions',
    summary: 'Get a suppression',
    permission: 'read',
    answers: { 200: { description: 'The suppression.', schema: suppressionSchema } },
    async handle({ deps, id: suppressionId }) {
      const found = await getSuppression(deps, { id: suppressionId });
      return found ? ok(found) : notFound('suppression');
    },
  }),
  endpoint({
    method: 'delete',
    path: '/suppressions/:id',
    tag: 'suppressions',
    summary: 'Lift a suppression; subscriptions become as they were before',
    description: 'After a spam complaint or an erasure only a key of an owner may do this, with a note.',
    permission: 'write',
    query: z.strictObject({
      note: z.string().trim().max(1000).optional().meta({
        description: 'The reason, for the audit log. Required after a spam complaint or an erasure.',
      }),
    }),
    answers: { 204: { description: 'The suppression is lifted.' } },
    problems: {
      403: 'owner-only: the reader complained or was erased; or the key’s role does not allow this.',
      422: 'note-missing: the reader complained or was erased, so the reason is required.',
    },
    audit: 'suppression.remove',
    async handle({ deps, id: suppressionId, query: { note }, actor }) {
      const isOwner = may(actor.role, 'own');
      const result = await liftSuppression(deps, { id: suppressionId, isOwner, note });
      if (result !== 'lifted') return notLifted[result];
      return { ...noContent(), ...(note ? { auditDetail: { note } } : {}) };
    },
  }),
];
