// The schemas of issues and deliveries in the API.
import { z } from 'zod';
import { deliveryStates } from '../delivery/counts.js';
import { isId } from '../ids.js';
import { subjectSchema } from '../newsletters/schema.js';
import { wordsSchema } from '../newsletters/selection.js';
import { id, time } from './endpoint.js';

export const statuses = [
  'collecting',
  'frozen',
  'review',
  'sending',
  'finished',
  'paused',
  'cancelled',
  'skipped',
] as const;

const count = z.int().min(0);

const counts = z
  .object({
    candidates: count.meta({ description: 'Readers who were due. The sum of all the others.' }),
    excluded: count.meta({
      description:
        'Got nothing, for a reason: nothing new, paused, suppressed, unsubscribed, new time begins later.',
    }),
    queued: count,
    sending: count,
    accepted: count.meta({ description: 'The relay took it.' }),
    deferred: count.meta({ description: 'The relay asked to try later.' }),
    refused: count,
    uncertain: count.meta({ description: 'The relay may have taken it; no machine sends it again.' }),
    bounced: count,
    complained: count,
  })
  .meta({ id: 'Counts' });

const sums = z.array(
  z.object({ name: z.string(), accepted: count, deferred: count, refused: count, uncertain: count }),
);

const shared = {
  id,
  newsletterId: id,
  number: z.int().nullable().meta({ description: 'Given at the cut-off.' }),
  kind: z.enum(['scheduled', 'manual']),
  slot: time,
  status: z.enum(statuses),
  subject: z.string().nullable(),
  variants: count.meta({ description: 'How many different forms readers get.' }),
  counts,
  excludedBy: z.record(z.string(), count),
  review: z.enum(['auto', 'hold']),
  pauseReason: z.string().nullable(),
  skipReason: z.string().nullable(),
  reviewUntil: time.nullable().meta({ description: 'In review: when reviewTimeout comes about.' }),
  reviewTimeout: z.enum(['wait', 'release', 'skip']),
  approvedAt: time.nullable(),
  retractUntil: time
    .nullable()
    .meta({ description: 'Approved: nothing is handed over before, and it can be taken back.' }),
  ownSubject: z.string().nullable().meta({ description: 'A subject template for this issue alone.' }),
  ownWords: wordsSchema
    .partial()
    .meta({ description: 'For this issue alone; what is absent is the newsletter’s.' }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  ratePerSecond: z.number().nullable().meta({ description: 'Acceptances a second over the last minute.' }),
  etaSeconds: z.int().nullable(),
  relays: sums.meta({ description: 'How hand-overs ended, by relay. Told once a second; counts are exact.' }),
  domainGroups: sums.meta({
    description: "The same by mailbox provider; 'others' are all not known by name.",
  }),
  holdUps: z
    .array(
      z.object({
        kind: z.enum(['warm-up', 'provider', 'relay', 'connections']),
        name: z.string(),
        until: time.nullable(),
        detail: z.string(),
      }),
    )
    .meta({
      description:
        'Why readers wait: a sending domain has had its warm-up of the day, a provider asks for less, a relay is in trouble, or takes fewer connections than SMTP_URL allows.',
    }),
};

const issuePost = z.object({
  id,
  title: z.string(),
  url: z.string().nullable(),
  topics: z.array(z.string()),
});

export const issueSummary = z.object(shared).meta({ id: 'IssueSummary' });
export const droppedSchema = z
  .object({
    excerpts: count,
    images: count,
    posts: count,
    ownTemplate: z
      .array(
        z.enum([
          'unsubscribe',
          'postal-address',
          'invalid-markup',
          'forbidden-element',
          'forbidden-attribute',
          'forbidden-address',
          'forbidden-style',
          'unfit-image',
          'misused-reader-link',
        ]),
      )
      .optional()
      .meta({
        description:
          "What the newsletter's own template did not show, or showed and may not: the mail is in our magazine instead.",
      }),
  })
  .meta({
    description: 'What had to go to stay under 90,000 bytes: posts whose text was cut, images, whole posts.',
  });
const mailSize = z
  .object({
    bytes: z.int().meta({ description: 'Of the HTML as it travels. Gmail cuts off at 102,000.' }),
    dropped: droppedSchema,
  })
  .meta({ id: 'MailSize' });
const linkReport = z
  .object({
    checkedAt: time,
    links: count.meta({ description: 'How many were followed. Those to us are not.' }),
    unclear: count.meta({ description: 'Sites that keep programs out: they may be well.' }),
    silent: z
      .array(z.object({ url: z.string(), reason: z.string() }))
      .meta({ description: 'Links that readers would follow in vain.' }),
  })
  .meta({ id: 'LinkReport' });
export const issueSchema = z
  .object({
    ...shared,
    posts: z.array(issuePost),
    omitted: z
      .array(issuePost.extend({ reason: z.enum(['topic', 'dropped', 'later']) }))
      .meta({ description: 'At hand at the cut-off, and left out.' }),
    mailSize: mailSize
      .nullable()
      .meta({ description: 'Of the largest mail; null: nothing is rendered yet.' }),
    linkReport: linkReport.nullable().meta({
      description:
        'Of an issue that is held for review, a moment after it is; null: its links are not followed yet.',
    }),
  })
  .meta({ id: 'Issue' });

const postId = z.string().refine(isId, 'must be an id');

/** The parts of an issue in review that an editor may change. */
export const issuePatch = z
  .strictObject({
    subject: subjectSchema
      .nullable()
      .optional()
      .meta({ description: 'A template for this issue alone; null: the newsletter’s.' }),
    words: wordsSchema.partial().optional().meta({ description: 'For this issue alone; null: none.' }),
    posts: z
      .array(postId)
      .max(1000)
      .optional()
      .meta({
        description:
          'The issue’s posts in their order. Those neither here nor in later are dropped for good; those dropped ' +
          'before come back.',
      }),
    later: z.array(postId).max(1000).optional().meta({ description: 'Posts that wait for the next issue.' }),
  })
  .meta({ id: 'IssuePatch' });

export const issueInput = z
  .strictObject({
    slot: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ format: 'date-time', description: 'When it goes out. Left out or past: now.' }),
    postIds: z.array(postId).min(1).max(100).optional(),
    dryRun: z.boolean().default(false),
    review: z
      .enum(['auto', 'hold'])
      .optional()
      .meta({ description: "Left out: as the newsletter's schedule says." }),
  })
  .meta({ id: 'IssueInput' });

export const notAssembled = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('skipped'),
      reason: z.enum(['no-postal-address', 'no-readers', 'nothing-new']),
    }),
    z.object({
      status: z.literal('would-send'),
      subject: z.string(),
      readers: count,
      candidates: count,
      posts: z.array(z.object({ id, title: z.string(), url: z.string().nullable() })),
    }),
  ])
  .meta({ id: 'NotAssembled' });

const deliveryFields = {
  id,
  issueId: id,
  subscriberId: id,
  email: z.string().nullable().meta({ description: 'null: the subscriber was erased.' }),
  state: z.enum(deliveryStates),
  reason: z.string().nullable(),
  attempts: count,
  dueAt: time.nullable().meta({ description: 'deferred: when it is tried again.' }),
  firstTryAt: time.nullable(),
  changedAt: time.nullable(),
  replyCode: z.int().nullable(),
  reply: z.string().nullable(),
};

export const deliverySchema = z.object(deliveryFields).meta({ id: 'Delivery' });
export const deliveryDetail = z
  .object({
    ...deliveryFields,
    tries: z.array(
      z.object({
        attempt: z.int(),
        at: time,
        relay: z.string(),
        outcome: z.string(),
        stage: z.string(),
        replyCode: z.int().nullable(),
        reply: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'DeliveryDetail', description: 'With every attempt that did not end in acceptance.' });

export const explanationSchema = z
  .object({
    included: z.boolean().meta({ description: 'The post is in it; the reader got it.' }),
    reasons: z.array(
      z.object({ code: z.string().meta({ description: 'Stable.' }), text: z.string(), at: time.nullable() }),
    ),
  })
  .meta({ id: 'Explanation' });
