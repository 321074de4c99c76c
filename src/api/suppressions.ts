// Endpoints for suppressions: addresses that get no mail.
import { z } from 'zod';
import { may } from '../accounts/permission.js';
import {
  addSuppression,
  getSuppression,
  liftSuppression,
  listSuppressions,
  type LiftResult,
} from '../subscribers/suppressions.js';
import { problem, type Problem } from '../problem.js';
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
import { refusal } from './subscribers.js';

const suppressionSchema = z
  .object({
    id: id.meta({ description: 'A keyed hash of the address.' }),
    reason: z.string(),
    detail: z.string().nullable(),
    createdAt: time,
    email: z.string().nullable().meta({ description: 'Known only while the subscriber exists.' }),
  })
  .meta({ id: 'Suppression' });

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
      cursor: queryText(100).optional(),
      email: queryText(1000).optional(),
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
