// Endpoints for issues.
import { z } from 'zod';
import { cancelIssue, resend } from '../delivery/change-deliveries.js';
import { isId } from '../ids.js';
import { explainIssue } from '../reports/explain-issue.js';
import { previewIssue, sendTest, sendTestOfNext, type Missing, type Tested } from '../delivery/preview.js';
import { byHand } from '../reports/pause-words.js';
import { getIssue, getIssueProgress, listIssues } from '../reports/progress.js';
import { assembleNow, type AssembledNow } from '../issues/assemble-now.js';
import type { IssueAct } from '../accounts/audit-actions.js';
import { actorName } from '../accounts/permission.js';
import { recheckLinks } from '../issues/check-issue-links.js';
import { editIssue, type Edited } from '../issues/edit-issue.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { pageOf } from '../paging.js';
import { problem, type Problem } from '../problem.js';
import { editorName } from '../reports/editor-name.js';
import { inEnglish } from '../languages/translate.js';
import { parseAddress } from '../subscribers/address.js';
import type { ApiDeps } from './deps.js';
import {
  created,
  endpoint,
  mailAddress,
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
  if (changed.code === 'edited-last')
    return problem(
      409,
      changed.code,
      `${await editorName(deps, changed.editedBy)} edited this issue last. Another account, key or person must approve it.`,
    );
  return changed.code === 'issue-not-found'
    ? notFound('issue')
    : problem(409, 'wrong-state', `An issue with the status ${changed.status} does not allow this.`);
}

async function afterEdit(deps: ApiDeps, issueId: string, result: Edited): Promise<Answer | Problem> {
  if (result.ok) return afterChange(deps, issueId, result);
  switch (result.code) {
    case 'issue-not-found':
      return notFound('issue');
    case 'wrong-state':
      return afterChange(deps, issueId, result);
    case 'edited-meanwhile':
      return problem(409, 'edited-meanwhile', 'Somebody has edited the issue meanwhile.');
    case 'nothing-left':
      return problem(409, 'nothing-left', 'No post would be left for any reader. Cancel the issue instead.');
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
      return problem(409, 'sending-held', 'All sending is on hold. See /sending.');
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

type Change = (deps: ApiDeps, input: { issueId: string; by: string }) => Promise<Changed>;

function action(name: IssueAct, summary: string, change: Change): Endpoint {
  return endpoint({
    method: 'post',
    path: `/issues/:id/${name}`,
    tag,
    summary,
    permission: 'write',
    answers: { 200: { description: 'The issue after the change.', schema: issueSchema } },
    problems: {
      409:
        (name === 'approve'
          ? 'edited-last: with four eyes, another person must approve what you edited. '
          : '') + 'wrong-state; or the first request with this Idempotency-Key is still running.',
    },
    audit: `issue.${name}`,
    async handle({ deps, id, actor }) {
      return afterChange(deps, id, await change(deps, { issueId: id, by: actorName(actor) }));
    },
  });
}

const testInput = z.strictObject({ to: z.array(mailAddress).min(1).max(10) });
const testAnswer = z.object({
  data: z.array(z.object({ to: z.string(), outcome: z.string(), reply: z.string().nullable() })),
});

const missing = (code: Missing, what: string): Problem =>
  code === 'not-found'
    ? notFound(what)
    : problem(
        409,
        code,
        'The digest has no unsubscribe link that this installation can sign. It is never sent.',
      );

const notSendable = 'not-sendable: the digest has no unsubscribe link that this installation can sign';

/** Sends a test to these addresses, if all of them can be read. `what`: the thing that may be missing. */
async function testAnswerOf(
  given: readonly string[],
  send: (to: readonly string[]) => Promise<Tested>,
  what: string,
): Promise<Answer | Problem> {
  const parsed = given.map((text) => parseAddress(text));
  const errors = parsed.flatMap((address, index) =>
    address.ok ? [] : [{ path: `to.${index}`, message: inEnglish(address.reason) }],
  );
  if (errors.length > 0) return problem(400, 'invalid', errors[0]?.message ?? '', { errors });
  const tested = await send(parsed.flatMap((address) => (address.ok ? [address.address] : [])));
  if (!tested.ok) return missing(tested.code, what);
  const data = tested.sent.map(({ to, outcome, handOver }) => ({
    to,
    outcome,
    reply: 'reply' in handOver ? handOver.reply : handOver.error,
  }));
  return ok({ data });
}

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
      'If there is nothing to send, no issue is created. dryRun only reports what would be sent.',
    permission: 'write',
    body: issueInput,
    bodyOptional: true,
    answers: {
      200: { description: 'No issue was created, with the reason.', schema: notAssembled },
      201: { description: 'The issue.', schema: issueSchema },
    },
    problems: { 409: 'sending-held; or the first request with this Idempotency-Key is still running.' },
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
    summary: 'Change the subject, texts and posts of an issue in review',
    description: 'Either the whole change is made or nothing. The preview is rendered again.',
    permission: 'write',
    body: issuePatch,
    answers: { 200: { description: 'The issue after the change.', schema: issueSchema } },
    problems: {
      409:
        'wrong-state: the issue is not in review. posts-went-out: a post has gone out in another issue, so it cannot be ' +
        'saved for later or come back. nothing-left: no post would be left for any reader, cancel the issue instead.',
    },
    audit: 'issue.change',
    async handle({ deps, id, body, actor }) {
      return afterEdit(deps, id, await editIssue(deps, { issueId: id, by: actorName(actor), ...body }));
    },
  }),
  action('approve', 'Approve an issue in review', approveIssue),
  action('check-links', 'Check the links of an issue in review again', recheckLinks),
  action('retract', 'Withdraw an approval before sending starts', retractIssue),
  action('pause', 'Pause an issue', (deps, { issueId }) => pauseIssue(deps, { issueId, reason: byHand })),
  action('resume', 'Resume a paused issue', resumeIssue),
  action('cancel', 'Cancel an issue; readers without it get its posts in the next issue', cancelIssue),
  action('resend-refused', 'Send again to readers whose message the relay refused', (deps, { issueId }) =>
    resend(deps, { issueId, state: 'refused' }),
  ),
  action('resend-uncertain', 'Send again to readers whose delivery is uncertain', (deps, { issueId }) =>
    resend(deps, { issueId, state: 'uncertain' }),
  ),
  endpoint({
    method: 'post',
    path: '/issues/:id/test',
    tag,
    summary: 'Send a test mail, which no statistics count',
    permission: 'write',
    body: testInput,
    answers: { 200: { description: 'The relay’s reply for each address.', schema: testAnswer } },
    problems: { 409: `${notSendable}; or the first request with this Idempotency-Key is still running.` },
    audit: 'issue.test',
    async handle({ deps, id, body }) {
      return testAnswerOf(body.to, (to) => sendTest(deps, { issueId: id, to }), 'issue with posts');
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/test',
    tag,
    summary: 'Send the next digest as it stands as a test mail, which no statistics count',
    description: 'It needs neither an issue nor readers. With nothing new, it holds the latest posts.',
    permission: 'write',
    body: testInput,
    answers: { 200: { description: 'The relay’s reply for each address.', schema: testAnswer } },
    audit: 'newsletter.test',
    async handle({ deps, id, body }) {
      const send = (to: readonly string[]) => sendTestOfNext(deps, { newsletterId: id, to });
      return testAnswerOf(body.to, send, 'newsletter with posts');
    },
  }),
  endpoint({
    method: 'get',
    path: '/issues/:id/preview',
    tag,
    summary: 'Preview an issue as a reader gets it',
    permission: 'read',
    query: z.strictObject({
      subscriber: z.string().optional().meta({
        description:
          'The id of a subscriber with a delivery of this issue; before it is sent, of a reader of its newsletter.',
      }),
      part: z.enum(['html', 'text', 'raw']).default('html'),
    }),
    answers: {
      200: {
        description: 'The part; its links belong to no reader. raw: the whole message, unsigned.',
        mediaType: 'text/html',
      },
    },
    problems: { 409: `With part=raw: ${notSendable}.` },
    async handle({ deps, id, query: { subscriber, part } }) {
      if ([id, subscriber ?? '1'].some((text) => !isId(text))) return notFound('issue');
      const previewed = await previewIssue(deps, { issueId: id, subscriberId: subscriber, part });
      if (!previewed.ok) return missing(previewed.code, 'issue with posts, or delivery');
      const { content } = previewed;
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
    summary: 'Explain why a post is in an issue, or why a reader got it',
    permission: 'read',
    query: z
      .strictObject({
        post: z.string().optional().meta({ description: 'The id of a post of the newsletter.' }),
        subscriber: z.string().optional().meta({ description: 'The id of a subscriber.' }),
      })
      .refine(({ post, subscriber }) => (post === undefined) !== (subscriber === undefined), {
        path: ['post'],
        message: 'needs either post or subscriber',
      }),
    answers: { 200: { description: 'The reasons, from the records.', schema: explanationSchema } },
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
    summary: 'Follow the counts of an issue',
    description: 'Server-sent events named "counts", each an IssueSummary. Ends when the issue is over.',
    permission: 'read',
    answers: { 200: { description: 'The events.', mediaType: 'text/event-stream' } },
    async stream({ deps, id }, _req, res) {
      if (!(await getIssueProgress(deps.db, id))) return notFound('issue');
      streamIssue(deps.issueWatch, id, res);
      return undefined;
    },
  }),
];
