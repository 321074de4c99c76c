// What an admin does about readers with the same problem: send the issue again, or suppress their addresses. Each asks
// first, and says to how many.
import express, { type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { resend } from '../../delivery/change-deliveries.js';
import { problemsOf, type ReplyProblem } from './problems.js';
import { suppressBounced } from '../../subscribers/suppressions.js';
import type { ConsoleDeps } from '../deps.js';
import type { Notice } from '../notices/notices.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm } from '../session.js';
import { aboutIssue, type FoundIssue, type IssuePageAct } from './find-issue.js';
import { headView, problemView } from './view.js';

type Act = 'resend' | 'suppress';

/** What the address or form names. Undefined: the problem is gone, or the act does not fit it. */
async function askedProblem(
  { db }: ConsoleDeps,
  { issue }: FoundIssue,
  values: Readonly<Record<string, unknown>>,
): Promise<{ problem: ReplyProblem; act: Act } | undefined> {
  const { group, act } = values;
  if (act !== 'resend' && act !== 'suppress') return undefined;
  const problem = (await problemsOf(db, issue.id)).find(({ key }) => key === group);
  const readers = act === 'resend' ? problem?.resendTo : problem?.suppressible;
  return problem && readers !== undefined && readers.length > 0 ? { problem, act } : undefined;
}

const ask: IssuePageAct = async (deps, found, req, res) => {
  const asked = await askedProblem(deps, found, req.query);
  if (asked === undefined) return redirectWith(res, `/console/issues/${found.issue.id}`, 'problem-gone');
  const { problem, act } = asked;
  sendPage(res, 'issue-problem', {
    ...headView(found.issue, found.newsletter, 'report', translatorOf(res)),
    problem: problemView(problem, translatorOf(res)),
    act,
    isResend: act === 'resend',
    uncertain: problem.state === 'uncertain',
  });
};

async function sendAgain(
  deps: ConsoleDeps,
  issueId: string,
  { state, resendTo }: ReplyProblem,
): Promise<boolean> {
  if (state !== 'refused' && state !== 'uncertain') return false;
  const sent = await resend(deps, { issueId, state, subscriberIds: resendTo });
  return sent.ok && (sent.deliveries ?? 0) > 0;
}

async function suppressAll(
  { db }: ConsoleDeps,
  issueId: string,
  { reply, suppressible }: ReplyProblem,
): Promise<boolean> {
  const evidence = `issue ${issueId}: ${reply ?? ''}`;
  await db.transaction((tx) =>
    suppressBounced(
      tx,
      suppressible.map((subscriberId) => ({ subscriberId, evidence })),
    ),
  );
  return true;
}

const change: IssuePageAct = async (deps, found, req, res) => {
  const { id } = found.issue;
  const page = `/console/issues/${id}`;
  const asked = await askedProblem(deps, found, req.body as Record<string, unknown>);
  if (asked === undefined) return redirectWith(res, page, 'problem-gone');
  const isResend = asked.act === 'resend';
  const done = await (isResend ? sendAgain : suppressAll)(deps, id, asked.problem);
  if (!done) return redirectWith(res, page, 'wrong-state');
  await recordAudit(deps, {
    actor: actorOf(res),
    action: isResend ? 'issue.resend' : 'suppression.add',
    subject: `issue:${id}`,
  });
  const notice: Notice = isResend ? 'resent' : 'problem-suppressed';
  redirectWith(res, page, notice);
};

export function problemRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const issue = aboutIssue(deps);
  router.get('/issues/:id/problems', issue(ask));
  router.post('/issues/:id/problems', requireForm(deps), issue(change));
  return router;
}
