// An issue's pages: its report, its mail, and the decisions about it.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { IssueAct } from '../../accounts/audit-actions.js';
import { recordAudit } from '../../accounts/audit.js';
import { actorName } from '../../accounts/permission.js';
import { streamIssue } from '../../api/issue-events.js';
import { cancelIssue } from '../../delivery/change-deliveries.js';
import { previewIssue, sendTest } from '../../delivery/preview.js';
import { isId } from '../../ids.js';
import {
  approveIssue,
  pauseIssue,
  resumeIssue,
  retractIssue,
  type Changed,
} from '../../issues/change-issue.js';
import { countRecipients, type Recipients } from '../../issues/count-recipients.js';
import { isOver } from '../../issues/status.js';
import { listProblemActs } from '../../delivery/problems/act-on-problem.js';
import { problemsOf } from '../../delivery/problems/group-problems.js';
import { byHand } from '../../reports/pause-words.js';
import { getIssue, getIssueProgress, type IssueView } from '../../reports/progress.js';
import { issueStatistics } from '../../statistics/statistics.js';
import { countReaders } from '../../subscribers/count-readers.js';
import type { ConsoleDeps } from '../deps.js';
import type { Notice } from '../notices/notices.js';
import { queryField } from '../form-field.js';
import { answerTest } from '../home/answer-test.js';
import { askedReader, asReaderView } from '../next-issue/as-reader.js';
import { inAskedScheme } from '../mail-in-scheme.js';
import { escapeHtml } from '../../text/escape-html.js';
import { redirectWith, sendSandboxed, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, sessionOf } from '../session.js';
import { aboutIssue, noSuchIssue, refuseOwnEdit, type IssuePageAct } from './find-issue.js';
import { actsView, headView, reportView } from './view.js';

/** For browsers without JavaScript. With JavaScript the page follows the events. */
const refreshSeconds = 5;

const idOf = (req: Request): string => String(req.params['id']);

const show: IssuePageAct = async (deps, { newsletter, issue: { id } }, _req, res) => {
  const issue = await getIssue(deps.db, id, translatorOf(res));
  if (!issue) return noSuchIssue(res);
  const words = translatorOf(res);
  const [problems, acts, statistics] = await Promise.all([
    problemsOf(deps.db, id),
    listProblemActs(deps.db, id),
    issue.startedAt === null ? undefined : issueStatistics(deps, { issueId: id }),
  ]);
  const follows = !isOver(issue) || acts.some(({ endedAt }) => endedAt === null);
  sendPage(
    res,
    'issue',
    {
      ...headView(issue, newsletter, 'report', words),
      ...reportView(issue, problems, statistics, deps.now(), words),
      ...actsView(acts, words),
      script: follows ? '/assets/console.js' : undefined,
    },
    follows ? { refreshSeconds } : {},
  );
};

const showMail: IssuePageAct = async (deps, { newsletter, issue: { id } }, req, res) => {
  const words = translatorOf(res);
  const issue = await getIssue(deps.db, id, words);
  if (!issue) return noSuchIssue(res);
  const as = await askedReader(deps, newsletter, req);
  const subscriberId = as.reader?.subscriberId;
  const own = subscriberId && (await previewIssue(deps, { issueId: id, subscriberId, part: 'text' }));
  sendPage(res, 'issue-mail', {
    ...headView(issue, newsletter, 'mail', words),
    ...asReaderView(as, words),
    isForReader: own && own.ok,
  });
};

/** Sends the issue to the person who asks, as readers get it. */
const test: IssuePageAct = async (deps, { issue: { id } }, req, res) => {
  const home = `/console/issues/${id}`;
  const tested = await sendTest(deps, { issueId: id, to: [sessionOf(res).account.email] });
  if (tested.ok)
    await recordAudit(deps, { actor: actorOf(res), action: 'issue.test', subject: `issue:${id}` });
  answerTest(res, tested, `${home}/${queryField(req, 'from') === 'review' ? 'review' : 'mail'}`);
};

async function follow({ db, issueWatch }: ConsoleDeps, req: Request, res: Response): Promise<void> {
  if (!(await getIssueProgress(db, idOf(req)))) return noSuchIssue(res);
  streamIssue(issueWatch, idOf(req), res);
}

async function preview(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const issueId = idOf(req);
  const part = req.query['part'] === 'text' ? 'text' : 'html';
  const reader = queryField(req, 'reader');
  const previewed = [issueId, reader || '1'].every(isId)
    ? await previewIssue(deps, { issueId, subscriberId: reader || undefined, part })
    : undefined;
  if (!previewed?.ok) return noSuchIssue(res);
  if (part === 'text') return sendSandboxed(res, `<pre>${escapeHtml(previewed.content)}</pre>`);
  sendSandboxed(res, inAskedScheme(previewed.content, req.query['scheme']));
}

/** The page that asks whether to cancel. */
const confirmCancel: IssuePageAct = async (_deps, { issue, newsletter }, _req, res) => {
  const { counts } = issue;
  sendPage(res, 'cancel', {
    issue,
    newsletter,
    waiting: counts.queued + counts.deferred,
    accepted: counts.accepted,
  });
};

/** How many readers get mail once the issue goes on. Before the freeze nobody knows who is due. */
async function readersLeft(deps: ConsoleDeps, issue: IssueView): Promise<Recipients> {
  const { counts } = issue;
  if (issue.startedAt !== null)
    return { readers: counts.queued + counts.sending + counts.deferred, upTo: false };
  const frozen = issue.variants > 0 ? await countRecipients(deps, { issueId: issue.id }) : undefined;
  return frozen ?? { readers: await countReaders(deps.db, issue.newsletterId), upTo: true };
}

/** The page that asks whether to resume, because that mails people. */
const confirmResume: IssuePageAct = async (deps, { issue, newsletter }, _req, res) => {
  const home = `/console/issues/${issue.id}`;
  if (issue.status !== 'paused') return redirectWith(res, home, 'wrong-state');
  sendPage(res, 'resume', {
    issue,
    newsletter,
    home,
    ...(await readersLeft(deps, issue)),
    isReviewed: issue.startedAt === null && issue.review === 'hold' && issue.approvedAt === null,
  });
};

type ActOfPage = Extract<IssueAct, 'approve' | 'pause' | 'retract' | 'resume' | 'cancel'>;

interface Action {
  change: (deps: ConsoleDeps, input: { issueId: string; by: string }) => Promise<Changed>;
  notice: Notice;
}

const actions: Record<ActOfPage, Action> = {
  approve: { change: approveIssue, notice: 'approved' },
  pause: {
    change: (deps, { issueId }) => pauseIssue(deps, { issueId, reason: byHand }),
    notice: 'paused',
  },
  retract: { change: retractIssue, notice: 'retracted' },
  resume: { change: resumeIssue, notice: 'resumed' },
  cancel: { change: cancelIssue, notice: 'cancelled' },
};

const decide =
  (deps: ConsoleDeps, name: ActOfPage, { change, notice }: Action): RequestHandler =>
  async (req, res) => {
    const issueId = idOf(req);
    const changed: Changed = isId(issueId)
      ? await change(deps, { issueId, by: actorName(actorOf(res)) })
      : { ok: false, code: 'issue-not-found' };
    if (changed.ok) {
      const subject = `issue:${issueId}`;
      await recordAudit(deps, { actor: actorOf(res), action: `issue.${name}`, subject });
      return redirectWith(res, `/console/issues/${issueId}`, notice);
    }
    if (changed.code === 'issue-not-found') return noSuchIssue(res);
    if (changed.code === 'edited-last') return refuseOwnEdit(deps, res, changed.editedBy);
    redirectWith(res, `/console/issues/${issueId}`, 'wrong-state');
  };

export function issueRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const issue = aboutIssue(deps);
  router.get('/issues/:id', issue(show));
  router.get('/issues/:id/mail', issue(showMail));
  router.get('/issues/:id/events', (req, res) => follow(deps, req, res));
  router.get('/issues/:id/preview', (req, res) => preview(deps, req, res));
  router.get('/issues/:id/cancel', issue(confirmCancel));
  router.get('/issues/:id/resume', issue(confirmResume));
  router.post('/issues/:id/test', requireForm(deps), issue(test));
  for (const [name, action] of Object.entries(actions) as [ActOfPage, Action][])
    router.post(`/issues/:id/${name}`, requireForm(deps), decide(deps, name, action));
  return router;
}
