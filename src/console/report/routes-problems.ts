// What an admin does about readers with the same problem: send the issue again, or suppress their addresses. Each asks
// first, and says to how many.
import express, { type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { beginProblemAct, countMeant, type ProblemAct } from '../../delivery/problems/act-on-problem.js';
import { problemsOf, type ReplyProblem } from '../../delivery/problems/group-problems.js';
import type { ConsoleDeps } from '../deps.js';
import type { Notice } from '../notices/notices.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm } from '../session.js';
import { aboutIssue, type FoundIssue, type IssuePageAct } from './find-issue.js';
import { headView, problemView } from './view.js';

type Act = ProblemAct['act'];

/** What the address or form names. Undefined: the problem is gone, or the act does not fit it. */
async function askedProblem(
  { db }: ConsoleDeps,
  { issue }: FoundIssue,
  values: Readonly<Record<string, unknown>>,
): Promise<{ problem: ReplyProblem; act: Act } | undefined> {
  const { group, act } = values;
  if (act !== 'resend' && act !== 'suppress') return undefined;
  const problem = (await problemsOf(db, issue.id)).find(({ key }) => key === group);
  return problem && { problem, act };
}

const ask: IssuePageAct = async (deps, found, req, res) => {
  const { issue, newsletter } = found;
  const asked = await askedProblem(deps, found, req.query);
  const meant =
    asked && (await countMeant(deps.db, { ...asked, issueId: issue.id }, issue.counts[asked.problem.state]));
  if (!asked || !meant || meant.readers === 0)
    return redirectWith(res, `/console/issues/${issue.id}`, 'problem-gone');
  const { problem, act } = asked;
  sendPage(res, 'issue-problem', {
    ...headView(issue, newsletter, 'report', translatorOf(res)),
    ...meant,
    problem: problemView(problem, translatorOf(res)),
    act,
    isResend: act === 'resend',
    uncertain: problem.state === 'uncertain',
  });
};

const noticesOf: Record<Act, Notice> = { resend: 'resent', suppress: 'problem-suppressed' };

const change: IssuePageAct = async (deps, found, req, res) => {
  const { id, counts } = found.issue;
  const page = `/console/issues/${id}`;
  const asked = await askedProblem(deps, found, req.body as Record<string, unknown>);
  if (asked === undefined) return redirectWith(res, page, 'problem-gone');
  const { problem, act } = asked;
  if (act === 'resend' && !found.issue.startedAt) return redirectWith(res, page, 'wrong-state');
  const begun = await beginProblemAct(
    deps,
    { ...asked, issueId: id, reply: problem.reply },
    counts[problem.state],
  );
  if (begun === 'nobody') return redirectWith(res, page, 'problem-gone');
  await recordAudit(deps, {
    actor: actorOf(res),
    action: act === 'resend' ? 'issue.resend' : 'suppression.add',
    subject: `issue:${id}`,
  });
  redirectWith(res, page, begun === 'done' ? noticesOf[act] : 'problem-begun');
};

export function problemRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const issue = aboutIssue(deps);
  router.get('/issues/:id/problems', issue(ask));
  router.post('/issues/:id/problems', requireForm(deps), issue(change));
  return router;
}
