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
    lostFrom: time.nullable().meta({ description: 'The last that the database knows of.' }),
    lostUntil: time.nullable().meta({ description: 'The last that something outside of it knows of.' }),
  })
  .meta({ id: 'Sending' });

const releaseInput = z
  .strictObject({
    as: z.enum(['sent', 'unsent']).meta({
      description:
        'unsent: nothing was sent in the lost time, everything goes on. sent: what was due then has been sent; nobody ' +
        'gets it again.',
    }),
    force: z.boolean().default(false).meta({
      description: 'sent: although feeds have not been polled since, and may bring what was sent as news.',
    }),
  })
  .meta({ id: 'SendingRelease' });

export const sendingEndpoints = [
  endpoint({
    method: 'get',
    path: '/sending',
    tag,
    summary: 'Whether sending is held, as the database was put back to an earlier state',
    permission: 'read',
    answers: { 200: { description: 'How it stands.', schema: sendingSchema } },
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
    summary: 'Let go of what is held, and say whether it had been sent',
    permission: 'write',
    body: releaseInput,
    answers: { 200: { description: 'Sending goes on.', schema: z.object({ held: z.literal(false) }) } },
    problems: {
      409: 'not-held; feeds-not-polled: wait a minute, or force it.',
    },
    audit: 'sending.release',
    async handle({ deps, body }) {
      const released = await releaseSending(deps, body);
      if (released.ok) return { ...ok({ held: false }), subject: `sending:${body.as}` };
      return released.code === 'not-held'
        ? problem(409, 'not-held', 'Sending is not held.')
        : problem(
            409,
            'feeds-not-polled',
            `${released.feeds} feeds have not been polled since: what they bring would be sent again. Wait a minute.`,
          );
    },
  }),
];
