// The schemas of issues and deliveries in the API.
import { z } from 'zod';
import { deliveryStates } from '../delivery/counts.js';
import { idPattern } from '../ids.js';
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

export const counts = z
  .object({
    candidates: count.meta({ description: 'Readers who were due: the sum of all other counts.' }),
    excluded: count.meta({
      description:
        'Readers who were left out: nothing new, paused, suppressed, unsubscribed, or a new delivery time that begins later.',
    }),
    queued: count,
    sending: count,
    accepted: count.meta({ description: 'The relay accepted the message.' }),
    deferred: count.meta({ description: 'The relay asked to try later.' }),
    refused: count,
    uncertain: count.meta({
      description: 'The relay may have accepted the message. It is not sent again automatically.',
    }),
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
  number: z.int().nullable().meta({ description: 'Assigned at the cut-off.' }),
  kind: z.enum(['scheduled', 'manual']),
  slot: time,
  status: z.enum(statuses),
  subject: z.string().nullable(),
  variants: count.meta({ description: 'The number of different versions that readers get.' }),
  counts,
  excludedBy: z.record(z.string(), count),
  review: z.enum(['auto', 'hold']),
  pauseReason: z.string().nullable(),
  skipReason: z.string().nullable(),
  reviewUntil: time.nullable().meta({ description: 'In review: when reviewTimeout applies.' }),
  reviewTimeout: z.enum(['wait', 'release', 'skip']),
  editedBy: z
    .string()
    .nullable()
    .meta({ description: 'Who edited it last: account:ID, key:ID or cli. null: nobody.' }),
  approvedAt: time.nullable(),
  retractUntil: time.nullable().meta({
    description: 'Approved: sending does not start before, and the approval can be withdrawn until then.',
  }),
  ownSubject: z.string().nullable().meta({ description: 'A subject template for this issue only.' }),
  ownWords: wordsSchema
    .partial()
    .meta({ description: 'Texts for this issue only. Absent: those of the newsletter.' }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  ratePerSecond: z
    .number()
    .nullable()
    .meta({ description: 'Messages accepted per second during the last minute.' }),
  etaSeconds: z.int().nullable(),
  relays: sums.meta({
    description: 'Results of the attempts by relay. Updated once a second; `counts` is exact.',
  }),
  domainGroups: sums.meta({
    description: "The same by mailbox provider. 'others': all that are not known by name.",
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
        'Why readers wait: the sending domain has used its warm-up limit of the day, a mailbox provider slows us down, or a relay fails or takes fewer connections than SMTP_URL allows.',
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
          'The required parts that the newsletter’s own template lacks, or the forbidden ones that it has. The mail uses our magazine template instead.',
      }),
  })
  .meta({
    description: 'What was left out to stay under 90,000 bytes: shortened texts, images and whole posts.',
  });
const mailSize = z
  .object({
    bytes: z.int().meta({ description: 'The encoded size of the HTML. Gmail clips at 102,000 bytes.' }),
    dropped: droppedSchema,
  })
  .meta({ id: 'MailSize' });
const linkReport = z
  .object({
    checkedAt: time,
    links: count.meta({ description: 'The number of links checked. Links to this service are not.' }),
    unclear: count.meta({ description: 'Links of sites that refuse programs. They may work for readers.' }),
    silent: z
      .array(z.object({ url: z.string(), reason: z.string() }))
      .meta({ description: 'Links that do not work.' }),
  })
  .meta({ id: 'LinkReport' });
const feedbackKind = z.string().meta({
  description:
    'hard, full, unavailable, policy, content, size, auth, throttled, unknown, auto, complaint or note.',
});
export const issueSchema = z
  .object({
    ...shared,
    posts: z.array(issuePost),
    omitted: z
      .array(issuePost.extend({ reason: z.enum(['topic', 'dropped', 'later']) }))
      .meta({ description: 'Posts that were available at the cut-off and were left out.' }),
    draftChanged: z.boolean().meta({
      description: 'It waits for an approval, because its draft was edited after “Send now” was pressed.',
    }),
    mailSize: mailSize
      .nullable()
      .meta({ description: 'The size of the largest mail. null: nothing is rendered yet.' }),
    linkReport: linkReport.nullable().meta({
      description: 'The check of the links of an issue in review. null: the links are not checked yet.',
    }),
    returned: z
      .array(z.object({ kind: feedbackKind, provider: z.string(), count }))
      .meta({ description: 'What came back and what relays refused, by kind and mailbox provider.' }),
  })
  .meta({ id: 'Issue' });

const postId = z.string().regex(idPattern, 'must be an id');

/** The parts of an issue in review that an editor may change. */
export const issuePatch = z
  .strictObject({
    subject: subjectSchema
      .nullable()
      .optional()
      .meta({ description: 'A template for this issue only. null: that of the newsletter.' }),
    words: wordsSchema.partial().optional().meta({ description: 'Texts for this issue only. null: none.' }),
    posts: z
      .array(postId)
      .max(1000)
      .optional()
      .meta({
        description:
          'The issue’s posts in their order. Posts neither here nor in `later` are dropped from all issues. Posts that were ' +
          'dropped before can come back.',
      }),
    later: z.array(postId).max(1000).optional().meta({ description: 'Posts to save for the next issue.' }),
    texts: z
      .array(
        z.strictObject({
          postId,
          title: z.string().trim().min(1).max(500).nullable().optional(),
          excerpt: z.string().trim().min(1).max(2000).nullable().optional(),
        }),
      )
      .max(1000)
      .optional()
      .meta({
        description:
          'Headlines and excerpts for this issue only. null: as the feed has it now. Absent: unchanged.',
      }),
  })
  .meta({ id: 'IssuePatch' });

export const issueInput = z
  .strictObject({
    slot: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ format: 'date-time', description: 'When the issue goes out. Absent or past: now.' }),
    postIds: z.array(postId).min(1).max(100).optional(),
    dryRun: z.boolean().default(false),
    review: z
      .enum(['auto', 'hold'])
      .optional()
      .meta({ description: 'Absent: as the newsletter’s schedule says.' }),
  })
  .meta({ id: 'IssueInput' });

export const notAssembled = z
  .discriminatedUnion('status', [
    z
      .object({
        status: z.literal('skipped'),
        reason: z.enum(['no-postal-address', 'no-readers', 'nothing-new']),
      })
      .meta({ id: 'IssueSkipped' }),
    z
      .object({
        status: z.literal('would-send'),
        subject: z.string(),
        readers: count,
        candidates: count,
        posts: z.array(z.object({ id, title: z.string(), url: z.string().nullable() })),
      })
      .meta({ id: 'IssueDryRun' }),
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
  dueAt: time.nullable().meta({ description: 'deferred: when the next attempt is made.' }),
  firstTryAt: time.nullable(),
  changedAt: time.nullable(),
  replyCode: z.int().nullable(),
  reply: z.string().nullable(),
};

export const deliverySchema = z.object(deliveryFields).meta({ id: 'Delivery' });
export const feedbackEvent = z
  .object({
    issueId: id,
    subscriberId: id,
    kind: feedbackKind,
    at: time,
    source: z
      .string()
      .meta({ description: 'The way in: command, listener, …; smtp: said at the hand-over.' }),
    provider: z.string(),
    status: z.string().nullable().meta({ description: 'The status code of RFC 3463.' }),
    code: z.int().nullable(),
    words: z.string().nullable().meta({ description: 'The server’s words; null: forgotten.' }),
    forwarded: z.boolean().meta({ description: 'The address that failed is not the reader’s own.' }),
  })
  .meta({ id: 'FeedbackEvent', description: 'Something that came back about a delivery.' });
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
    events: z.array(feedbackEvent),
  })
  .meta({
    id: 'DeliveryDetail',
    description: 'A delivery with every attempt that was not accepted, and what came back.',
  });

export const explanationSchema = z
  .object({
    included: z.boolean().meta({ description: 'True: the post is in the issue, or the reader got it.' }),
    reasons: z.array(
      z.object({
        code: z.string().meta({ description: 'A stable code for programs.' }),
        text: z.string(),
        at: time.nullable(),
      }),
    ),
  })
  .meta({ id: 'Explanation' });
