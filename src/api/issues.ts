// Endpoints for issues.
import { z } from 'zod';
import { cancelIssue, resend } from '../delivery/change-deliveries.js';
import { isId } from '../ids.js';
import { explainIssue } from '../reports/explain-issue.js';
import { previewIssue, sendTest } from '../delivery/preview.js';
import { getIssue, getIssueProgress, listIssues } from '../reports/progress.js';
import { assembleNow, type AssembledNow } from '../issues/assemble-now.js';
import { recheckLinks } from '../issues/check-issue-links.js';
import { editIssue, type Edited } from '../issues/edit-issue.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { pageOf } from '../paging.js';
import { problem, type Problem } from '../problem.js';
import { inEnglish } from '../languages/translate.js';
import { parseAddress } from '../subscribers/address.js';
import type { ApiDeps } from './deps.js';
import {
  created,
  endpoint,
  notFound,
  ok,
  pageSchema,
  pageQuery,
  streamEndpoint,
  type Answer,
  type Endpoint,
} from './endpoint.js';
import { streamIssue } from './issue-events.js';
import {
  explanationSchema,
  issueInput,
  issuePatch,
  issueSchema,
  issueSummary,
  notAssembled,
} from './issue-schemas.js';

const tag = 'issues';

/** Answers with the issue after a change, or with the reason why the change was refused. */
async function afterChange(deps: ApiDeps, issueId: string, changed: Changed): Promise<Answer | Problem> {
  if (changed.ok) {
    const issue = await getIssue(deps.db, issueId);
    return issue ? ok(issue) : notFound('issue');
  }
  return changed.code === 'issue-not-found'
    ? notFound('issue')
    : problem(409, 'wrong-state', `This cannot be done to an issue that is ${changed.status}.`);
}

async function afterEdit(deps: ApiDeps, issueId: string, result: Edited): Promise<Answer | Problem> {
  if (result.ok) return afterChange(deps, issueId, result);
  switch (result.code) {
    case 'issue-not-found':
      return notFound('issue');
    case 'wrong-state':
      return afterChange(deps, issueId, result);
    case 'nothing-left':
      return problem(409, 'nothing-left', 'Then no reader would get anything: cancel the issue instead.');
    case 'posts-not-in-issue':
    case 'posts-went-out': {
      const [status, why] =
        result.code === 'posts-went-out'
          ? ([409, 'is in another issue'] as const)
          : ([400, 'is not in this issue'] as const);
      return problem(status, result.code, 'Nothing was changed.', {
        errors: result.postIds.map((postId) => ({ path: 'posts', message: `${postId} ${why}` })),
      });
    }
  }
}

/** The answer if assembling created no issue. */
function notCreated(result: Exclude<AssembledNow, { status: 'created' }>): Answer | Problem {
  switch (result.status) {
    case 'skipped':
      return { ...ok(result), unchanged: true };
    case 'would-send':
      return { ...ok({ status: result.status, ...result.dryRun }), unchanged: true };
    case 'newsletter-not-found':
      return notFound('newsletter');
    case 'sending-held':
      return problem(409, 'sending-held', 'All sending is held: see /sending.');
    case 'posts-not-eligible':
      return problem(
        400,
        'posts-not-eligible',
        'Only eligible posts of this newsletter can be in an issue.',
        {
          errors: result.postIds.map((postId) => ({ path: 'postIds', message: `${postId} is not eligible` })),
        },
      );
  }
}

type Change = (deps: ApiDeps, input: { issueId: string }) => Promise<Changed>;

function action(name: string, summary: string, change: Change): Endpoint {
  return endpoint({
    method: 'post',
    path: `/issues/:id/${name}`,
    tag,
    summary,
    permission: 'write',
    answers: { 200: { description: 'The issue as it is now.', schema: issueSchema } },
    problems: { 409: 'wrong-state; or the first request with this Idempotency-Key is not answered yet.' },
    audit: `issue.${name}`,
    async handle({ deps, id }) {
      return afterChange(deps, id, await change(deps, { issueId: id }));
    },
  });
}

const testInput = z.strictObject({ to: z.array(z.string()).min(1).max(10) });
const testAnswer = z.object({
  data: z.array(z.object({ to: z.string(), outcome: z.string(), reply: z.string().nullable() })),
});

export const issueEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/issues',
    tag,
    summary: "List a newsletter's issues",
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The newest first.', schema: pageSchema(issueSummary) } },
    async handle({ deps, id, query: { limit, cursor } }) {
      if (!(await getNewsletter(deps.db, id))) return notFound('newsletter');
      return ok(
        pageOf(await listIssues(deps.db, { newsletterId: id, before: cursor, limit: limit + 1 }), limit),
      );
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/issues',
    tag,
    summary: 'Assemble an issue now',
    description:
      'Without a body this is "send now": all active readers who are not paused get the posts they have not had. ' +
      'With nothing to send no issue is made. dryRun tells what would happen and does nothing.',
    permission: 'write',
    body: issueInput,
    bodyOptional: true,
    answers: {
      200: { description: 'No issue was made, and why.', schema: notAssembled },
      201: { description: 'The issue.', schema: issueSchema },
    },
    problems: { 409: 'sending-held; or the first request with this Idempotency-Key is not answered yet.' },
    audit: 'issue.assemble',
    async handle({ deps, id, body }) {
      const slot = body.slot === undefined ? undefined : new Date(body.slot);
      const result = await assembleNow(deps, { ...body, newsletterId: id, slot });
      if (result.status !== 'created') return notCreated(result);
      const issue = await getIssue(deps.db, result.issueId);
      return issue ? created(issue, 'issue', `/issues/${issue.id}`) : notFound('issue');
    },
  }),
  endpoint({
    method: 'get',
    path: '/issues/:id',
    tag,
    summary: 'Get an issue with its posts and counts',
    permission: 'read',
    answers: { 200: { description: 'The issue.', schema: issueSchema } },
    async handle({ deps, id }) {
      const issue = await getIssue(deps.db, id);
      return issue ? ok(issue) : notFound('issue');
    },
  }),
  endpoint({
    method: 'patch',
    path: '/issues/:id',
    tag,
    summary: 'Change an issue that is in review: subject, words, posts and their order',
    description: 'All of it, or nothing. What readers would get is rendered anew.',
    permission: 'write',
    body: issuePatch,
    answers: { 200: { description: 'The issue as it is now.', schema: issueSchema } },
    problems: {
      409:
        'wrong-state: it is not in review; posts-went-out: another issue has brought a post, which so cannot wait or come ' +
        'back; nothing-left: no reader would get anything, cancel the issue instead.',
    },
    audit: 'issue.change',
    async handle({ deps, id, body }) {
      return afterEdit(deps, id, await editIssue(deps, { issueId: id, ...body }));
    },
  }),
  action('approve', 'Let an issue that is held for review go out', approveIssue),
  action('check-links', 'Have the links of an issue in review followed again', recheckLinks),
  action('retract', 'Take an approval back, while nothing is handed over', retractIssue),
  action('pause', 'Stop handing messages over', (deps, { issueId }) =>
    pauseIssue(deps, { issueId, reason: 'by hand' }),
  ),
  action('resume', 'Go on with a paused issue', resumeIssue),
  action('cancel', 'End an issue; its posts go to those readers with the next one', cancelIssue),
  action('resend-refused', 'Send again to those the relay refused', (deps, { issueId }) =>
    resend(deps, { issueId, state: 'refused' }),
  ),
  action('resend-uncertain', 'Send again to those who may have it already', (deps, { issueId }) =>
    resend(deps, { issueId, state: 'uncertain' }),
  ),
  endpoint({
    method: 'post',
    path: '/issues/:id/test',
    tag,
    summary: 'Send a test to some addresses; counted nowhere',
    permission: 'write',
    body: testInput,
    answers: { 200: { description: 'What the relay said of each.', schema: testAnswer } },
    audit: 'issue.test',
    async handle({ deps, id, body }) {
      const parsed = body.to.map((text) => parseAddress(text));
      const errors = parsed.flatMap((address, index) =>
        address.ok ? [] : [{ path: `to.${index}`, message: inEnglish(address.reason) }],
      );
      if (errors.length > 0) return problem(400, 'invalid', errors[0]?.message ?? '', { errors });
      const to = parsed.flatMap((address) => (address.ok ? [address.address] : []));
      const sent = await sendTest(deps, { issueId: id, to });
      if (!sent) return notFound('issue with posts');
      const data = sent.map(({ to: address, outcome, handOver }) => ({
        to: address,
        outcome,
        reply: 'reply' in handOver ? handOver.reply : handOver.error,
      }));
      return ok({ data });
    },
  }),
  endpoint({
    method: 'get',
    path: '/issues/:id/preview',
    tag,
    summary: 'See an issue as a reader gets it',
    permission: 'read',
    query: z.strictObject({
      subscriber: z
        .string()
        .optional()
        .meta({ description: 'Id of a subscriber with a delivery of this issue.' }),
      part: z.enum(['html', 'text', 'raw']).default('html'),
    }),
    answers: {
      200: {
        description: 'The part; its links belong to no reader. raw: the whole message, unsigned.',
        mediaType: 'text/html',
      },
    },
    async handle({ deps, id, query: { subscriber, part } }) {
      if ([id, subscriber ?? '1'].some((text) => !isId(text))) return notFound('issue');
      const content = await previewIssue(deps, { issueId: id, subscriberId: subscriber, part });
      if (content === undefined) return notFound('issue with posts, or delivery');
      const mediaType = { html: 'text/html', text: 'text/plain', raw: 'message/rfc822' }[part];
      // The content comes from feeds. The sandbox stops its scripts, also if a browser opens this URL.
      const headers = {
        'Content-Security-Policy': "sandbox; default-src 'none'; img-src *; style-src 'unsafe-inline'",
      };
      return { status: 200, text: { mediaType, content }, headers };
    },
  }),
  endpoint({
    method: 'get',
    path: '/issues/:id/explain',
    tag,
    summary: 'Why a post is or is not in an issue, or a reader did or did not get it',
    permission: 'read',
    query: z
      .strictObject({
        post: z.string().optional().meta({ description: 'Id of a post of the newsletter.' }),
        subscriber: z.string().optional().meta({ description: 'Id of a subscriber.' }),
      })
      .refine(({ post, subscriber }) => (post === undefined) !== (subscriber === undefined), {
        path: ['post'],
        message: 'one of post and subscriber is needed',
      }),
    answers: { 200: { description: 'In words, from the records.', schema: explanationSchema } },
    async handle({ deps, id, query: { post, subscriber } }) {
      const explanation = await explainIssue(deps.db, {
        issueId: id,
        postId: post,
        subscriberId: subscriber,
      });
      return explanation ? ok(explanation) : notFound('issue, post of its newsletter, or subscriber');
    },
  }),
  streamEndpoint({
    method: 'get',
    path: '/issues/:id/events',
    tag,
    summary: 'Follow the counts of an issue as they move',
    description: 'Server-sent events named "counts", each an IssueSummary. Ends when the issue is over.',
    permission: 'read',
    answers: { 200: { description: 'The events.', mediaType: 'text/event-stream' } },
    async stream({ deps, id }, req, res) {
      if (!(await getIssueProgress(deps.db, id))) return notFound('issue');
      streamIssue(deps.issueWatch, id, req, res);
      return undefined;
    },
  }),
];
