// The endpoint that lists why readers unsubscribed.
import { z } from 'zod';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { leavingReasons } from '../preferences/leaving-reasons.js';
import { listLeavings } from '../preferences/list-leavings.js';
import { endpoint, id, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const leavingSchema = z
  .object({
    id,
    subscriberId: id,
    email: z.string(),
    unsubscribedAt: time,
    reason: z.enum(leavingReasons),
    comment: z.string().nullable(),
    at: time.meta({ description: 'When the reader gave the reason.' }),
  })
  .meta({ id: 'Leaving' });

export const leavingEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/leavings',
    tag: 'subscribers',
    summary: 'List the reasons that readers gave for unsubscribing',
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The newest first.', schema: pageSchema(leavingSchema) } },
    async handle({ deps, id: newsletterId, query: { limit, cursor } }) {
      const newsletter = await getNewsletter(deps.db, newsletterId);
      if (!newsletter) return notFound('newsletter');
      return ok(await listLeavings(deps, { newsletterId, cursor, limit }));
    },
  }),
];
