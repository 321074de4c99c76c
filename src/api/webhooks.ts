// Endpoints for webhooks: where events are sent to, and what became of them.
import { z } from 'zod';
import { problem } from '../problem.js';
import { webhookEvents } from '../webhooks/events.js';
import {
  changeWebhook,
  createWebhook,
  getWebhook,
  listWebhookDeliveries,
  listWebhooks,
  removeWebhook,
  resendWebhookDelivery,
  type WebhookRefusal,
} from '../webhooks/manage-webhooks.js';
import { created, endpoint, id, noContent, notFound, ok, pageQuery, pageSchema, time } from './endpoint.js';

const tag = 'webhooks';
const event = z.enum(webhookEvents);

const webhookDelivery = z
  .object({
    id,
    event,
    state: z.enum(['waiting', 'delivered', 'failed']),
    data: z.record(z.string(), z.unknown()).meta({ description: 'The payload.' }),
    happenedAt: time,
    attempts: z.int(),
    triedAt: time.nullable(),
    nextTryAt: time.nullable().meta({ description: 'null: the delivery has ended.' }),
    status: z.int().nullable().meta({ description: 'Of the last answer. null: there was none.' }),
    answer: z
      .string()
      .nullable()
      .meta({ description: 'The first 500 characters of the last answer, or what went wrong.' }),
  })
  .meta({ id: 'WebhookDelivery' });

const webhook = z
  .object({
    id,
    url: z.string(),
    events: z.array(event),
    newsletterId: id.nullable().meta({ description: 'null: every newsletter.' }),
    enabled: z.boolean(),
    disabledBecause: z.enum(['by-hand', 'failing', 'gone']).nullable(),
    disabledAt: time.nullable(),
    failingSince: time.nullable().meta({ description: 'The first failure since the last success.' }),
    createdAt: time,
    // Not `nullable()`: the document would then let every WebhookDelivery be null.
    lastDelivery: z.union([webhookDelivery, z.null()]),
  })
  .meta({ id: 'Webhook' });

const webhookWithSecret = webhook
  .extend({
    secret: z.string().meta({ description: 'Shown once. It verifies the signatures.', example: 'whsec_…' }),
  })
  .meta({ id: 'WebhookWithSecret' });

const address = z.string().min(1).max(2000).meta({ example: 'https://shop.example.org/hooks/digest' });
const events = z.array(event).min(1).max(50);
const newsletterId = z
  .string()
  .nullable()
  .meta({ description: 'Only events of this newsletter. null: of every newsletter.' });

const webhookInput = z
  .strictObject({ url: address, events, newsletterId: newsletterId.default(null) })
  .meta({ id: 'WebhookInput' });
const webhookPatch = z
  .strictObject({
    url: address.optional(),
    events: events.optional(),
    newsletterId: newsletterId.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'WebhookPatch' });

const pathOf = { 'invalid-url': 'url', 'unknown-newsletter': 'newsletterId', 'no-events': 'events' } as const;

const refusal = ({ code, detail }: WebhookRefusal) =>
  problem(422, code, detail, { errors: [{ path: pathOf[code], message: detail }] });

const refusals =
  'invalid-url, unknown-newsletter or no-events; or the Idempotency-Key was used for another request.';

export const webhookEndpoints = [
  endpoint({
    method: 'get',
    path: '/webhooks',
    tag,
    summary: 'List the webhooks',
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The oldest first.', schema: pageSchema(webhook) } },
    handle: async ({ deps, query }) => ok(await listWebhooks(deps, query)),
  }),
  endpoint({
    method: 'post',
    path: '/webhooks',
    tag,
    summary: 'Create a webhook',
    description:
      'Events are sent as signed POST requests (Standard Webhooks): {type, timestamp, data}. Only 2xx is a success; a failed request is repeated for a day. The secret is in this answer only.',
    permission: 'write',
    body: webhookInput,
    answers: { 201: { description: 'The webhook with its secret.', schema: webhookWithSecret } },
    problems: { 422: refusals },
    audit: 'webhook.create',
    asked: ({ body }) => body.newsletterId,
    async handle({ deps, body: input }) {
      const made = await createWebhook(deps, input);
      if (!made.ok) return refusal(made);
      const body = { ...made.webhook, secret: made.secret };
      return created(body, 'webhook', `/webhooks/${body.id}`);
    },
  }),
  endpoint({
    method: 'get',
    path: '/webhooks/:id',
    tag,
    summary: 'Get a webhook',
    permission: 'read',
    volatile: ['lastDelivery', 'failingSince'],
    answers: { 200: { description: 'The webhook.', schema: webhook } },
    async handle({ deps, id: webhookId }) {
      const found = await getWebhook(deps, { id: webhookId });
      return found ? ok(found) : notFound('webhook');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/webhooks/:id',
    tag,
    summary: 'Change, enable or disable a webhook',
    description:
      'While a webhook is disabled, nothing new is kept for it. What waited is sent once it is enabled.',
    permission: 'write',
    body: webhookPatch,
    answers: { 200: { description: 'The webhook.', schema: webhook } },
    problems: { 422: refusals },
    audit: 'webhook.change',
    asked: ({ body }) => body.newsletterId,
    async handle({ deps, id: webhookId, body }) {
      const changed = await changeWebhook(deps, { ...body, id: webhookId });
      if (!changed) return notFound('webhook');
      return changed.ok ? ok(changed.webhook) : refusal(changed);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/webhooks/:id',
    tag,
    summary: 'Delete a webhook and its deliveries',
    permission: 'write',
    answers: { 204: { description: 'Deleted.' } },
    audit: 'webhook.delete',
    async handle({ deps, id: webhookId }) {
      return (await removeWebhook(deps, { id: webhookId })) ? noContent() : notFound('webhook');
    },
  }),
  endpoint({
    method: 'get',
    path: '/webhooks/:id/deliveries',
    tag,
    summary: 'List what was sent to a webhook',
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The newest first, of 30 days.', schema: pageSchema(webhookDelivery) } },
    async handle({ deps, id: webhookId, query }) {
      const page = await listWebhookDeliveries(deps, { ...query, id: webhookId });
      return page ? ok(page) : notFound('webhook');
    },
  }),
  endpoint({
    method: 'post',
    path: '/webhooks/:id/deliveries/:deliveryId/resend',
    tag,
    summary: 'Send a delivery again',
    description: 'With the same webhook-id, whatever became of it.',
    permission: 'write',
    answers: { 200: { description: 'The delivery, which waits now.', schema: webhookDelivery } },
    problems: {
      409: 'webhook-disabled: enable it first. Or the first request with this Idempotency-Key is still running.',
    },
    audit: 'webhook.resend',
    async handle({ deps, id: webhookId, params }) {
      const deliveryId = params['deliveryId'] ?? '';
      const result = await resendWebhookDelivery(deps, { id: webhookId, deliveryId });
      if (result.ok) {
        await deps.enqueue('webhooks', { kind: 'send' });
        return { ...ok(result.delivery), auditDetail: { deliveryId } };
      }
      if (result.code === 'not-found') return notFound('delivery');
      return problem(409, result.code, 'This webhook is disabled. Enable it first.');
    },
  }),
];
