// Endpoints for the hold that stops all sending, and for mailbox providers that are paused.
import { z } from 'zod';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { problem } from '../problem.js';
import { listProviderPauses, resumeProvider } from '../providers/pauses.js';
import { providerInWords } from '../providers/provider-words.js';
import { causes } from '../providers/refusals.js';
import { endpoint, ok, time } from './endpoint.js';

const tag = 'sending';

const pausedProvider = z
  .object({
    id: z.string().meta({ description: "A provider such as 'google', or a domain." }),
    name: z.string(),
    cause: z
      .enum(causes)
      .meta({ description: 'policy: it refuses this sender. content: spam. auth: not authenticated.' }),
    bad: z.int().meta({ description: 'Refused or returned, of the last `ends` messages.' }),
    ends: z.int(),
    reply: z.string().meta({ description: "The provider's last." }),
    pausedAt: time,
    until: time.meta({ description: 'Nothing is sent there before. After that, one message at a time.' }),
  })
  .meta({ id: 'PausedProvider' });

const sendingSchema = z
  .object({
    held: z.boolean(),
    since: time.nullable(),
    reason: z.string().nullable(),
    lostFrom: time.nullable().meta({ description: 'The last time that the database knows.' }),
    lostUntil: time
      .nullable()
      .meta({ description: 'The last time that a witness outside of the database knows.' }),
    pausedProviders: z.array(pausedProvider).meta({
      description: 'Mailbox providers that refuse our mail. All others get theirs.',
    }),
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
    summary: 'Get whether sending is on hold after a restore, and which mailbox providers are paused',
    permission: 'read',
    answers: { 200: { description: 'What is held and paused.', schema: sendingSchema } },
    async handle({ deps }) {
      const hold = await getHold(deps.db);
      return ok({
        held: hold !== undefined,
        since: hold?.heldAt ?? null,
        reason: hold?.reason ?? null,
        lostFrom: hold?.lostFrom ?? null,
        lostUntil: hold?.lostUntil ?? null,
        pausedProviders: (await listProviderPauses(deps.db)).map(
          ({ groupKey, stopped: _, endedAt: _ended, ...pause }) => ({
            id: groupKey,
            name: providerInWords(groupKey),
            ...pause,
          }),
        ),
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
  endpoint({
    method: 'post',
    path: '/sending/providers/:id/resume',
    tag,
    summary: 'End the pause of a mailbox provider that refused our mail',
    permission: 'write',
    answers: { 204: { description: 'Its readers get their mail again.' } },
    problems: { 404: 'provider-not-paused' },
    audit: 'sending.resume-provider',
    async handle({ deps, id }) {
      return (await resumeProvider(deps, { provider: id }))
        ? { status: 204, subject: `provider:${id}` }
        : problem(404, 'provider-not-paused', 'This provider is not paused.');
    },
  }),
];
