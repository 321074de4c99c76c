// Endpoints for the hold that stops all sending.
import { z } from 'zod';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { problem } from '../problem.js';
import { endpoint, ok, time } from './endpoint.js';

const tag = 'sending';

const sendingSchema = z
  .object({
    held: z.boolean(),
    since: time.nullable(),
    reason: z.string().nullable(),
    lostFrom: time.nullable().meta({ description: 'The last time that the database knows.' }),
    lostUntil: time
      .nullable()
      .meta({ description: 'The last time that a witness outside of the database knows.' }),
  })
  .meta({ id: 'Sending' });

const releaseInput = z
  .strictObject({
    as: z.enum(['sent', 'unsent']).meta({
      description:
        'unsent: the issues of the lost time were not sent, and sending continues. sent: they were sent, and readers do ' +
        'not get them again.',
    }),
    force: z.boolean().default(false).meta({
      description:
        'With sent: do not wait until the feeds have been polled. Posts that were sent may count as new.',
    }),
  })
  .meta({ id: 'SendingRelease' });

export const sendingEndpoints = [
  endpoint({
    method: 'get',
    path: '/sending',
    tag,
    summary: 'Get whether sending is on hold because the database was restored to an earlier state',
    permission: 'read',
    answers: { 200: { description: 'The state of the hold.', schema: sendingSchema } },
    async handle({ deps }) {
      const hold = await getHold(deps.db);
      return ok({
        held: hold !== undefined,
        since: hold?.heldAt ?? null,
        reason: hold?.reason ?? null,
        lostFrom: hold?.lostFrom ?? null,
        lostUntil: hold?.lostUntil ?? null,
      });
    },
  }),
  endpoint({
    method: 'post',
    path: '/sending/release',
    tag,
    summary: 'Resume sending, and say whether the missing issues were sent',
    permission: 'write',
    body: releaseInput,
    answers: { 200: { description: 'Sending has resumed.', schema: z.object({ held: z.literal(false) }) } },
    problems: {
      409: 'not-held, or feeds-not-polled: wait a minute, or use force.',
    },
    audit: 'sending.release',
    async handle({ deps, body }) {
      const released = await releaseSending(deps, body);
      if (released.ok) return { ...ok({ held: false }), subject: `sending:${body.as}` };
      return released.code === 'not-held'
        ? problem(409, 'not-held', 'Sending is not on hold.')
        : problem(
            409,
            'feeds-not-polled',
            `${released.feeds} feeds have not been polled since the restore, so sent posts would count as new. Try again in a minute.`,
          );
    },
  }),
];
