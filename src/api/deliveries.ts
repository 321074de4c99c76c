// Endpoints for the deliveries of an issue.
import { z } from 'zod';
import { deliveryStates } from '../delivery/counts.js';
import { getDelivery, listDeliveries } from '../reports/list-deliveries.js';
import { getIssueProgress } from '../reports/progress.js';
import { endpoint, notFound, ok, pageSchema, pageQuery } from './endpoint.js';
import { deliveryDetail, deliverySchema } from './issue-schemas.js';

export const deliveryEndpoints = [
  endpoint({
    method: 'get',
    path: '/issues/:id/deliveries',
    tag: 'deliveries',
    summary: "List an issue's deliveries",
    permission: 'read',
    query: pageQuery.extend({ state: z.enum(deliveryStates).optional() }),
    answers: {
      200: {
        description:
          'The readers who got the issue or not, with the reason. With a state that few of very many deliveries have, a page can be short, or empty, and have a nextCursor.',
        schema: pageSchema(deliverySchema),
      },
    },
    async handle({ deps, id, query: { state, limit, cursor } }) {
      if (!(await getIssueProgress(deps.db, id))) return notFound('issue');
      const { data, next } = await listDeliveries(deps.db, { issueId: id, state, after: cursor, limit });
      return ok({ data, nextCursor: next });
    },
  }),
  endpoint({
    method: 'get',
    path: '/deliveries/:id',
    tag: 'deliveries',
    summary: 'Get a delivery with its attempts and the relay’s replies',
    permission: 'read',
    answers: { 200: { description: 'The delivery.', schema: deliveryDetail } },
    async handle({ deps, id }) {
      const delivery = await getDelivery(deps.db, id);
      return delivery ? ok(delivery) : notFound('delivery');
    },
  }),
];
