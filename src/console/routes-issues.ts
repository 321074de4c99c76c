// An issue's page with its progress, and the decisions about it.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { IssueAct } from '../accounts/audit-actions.js';
import { streamIssue } from '../api/issue-events.js';
import { cancelIssue } from '../delivery/change-deliveries.js';
import { previewIssue } from '../delivery/preview.js';
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { isOver } from '../issues/status.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { listDeliveries, type DeliveryView } from '../reports/list-deliveries.js';
import { getIssue, getIssueProgress, type IssueView } from '../reports/progress.js';
import type { ConsoleDeps } from './deps.js';
import { issueView } from './issue-view.js';
import { redirectWith, sendMessage, sendPage, sendSandboxed, type Notice } from './page.js';
import { actorOf, requireForm } from './session.js';

const shownDeliveries = 50;
/** For browsers without JavaScript. With JavaScript the page follows the events. */
const refreshSeconds = 5;

const troubled = ['refused', 'uncertain', 'deferred'] as const;

const idOf = (req: Request): string => String(req.params['id']);

const noSuchIssue = (res: Response): void =>
  sendMessage(res, 404, 'Issue not found', 'It may have been deleted.');

/** The deliveries with a problem, the most serious first. */
async function troubleOf(db: Db, { id: issueId, counts }: IssueView): Promise<DeliveryView[]> {
  const lists = await Promise.all(
    troubled
      .filter((state) => counts[state] > 0)
      .map((state) => listDeliveries(db, { issueId, state, limit: shownDeliveries })),
  );
  return lists.flat().slice(0, shownDeliveries);
}

async function show({ db, now }: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const issue = await getIssue(db, idOf(req));
  const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
  if (!issue || !newsletter) return noSuchIssue(res);
  const view = issueView(issue, newsletter, await troubleOf(db, issue), now());
  sendPage(res, 'issue', view, isOver(issue) ? {} : { refreshSeconds });
}

async function follow({ db, issueWatch }: ConsoleDeps, req: Request, res: Response): Promise<void> {
  if (!(await getIssueProgress(db, idOf(req)))) return noSuchIssue(res);
  streamIssue(issueWatch, idOf(req), req, res);
}

async function preview(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const issueId = idOf(req);
  const html = isId(issueId) ? await previewIssue(deps, { issueId, part: 'html' }) : undefined;
  if (html === undefined) noSuchIssue(res);
  else sendSandboxed(res, html);
}

/** The page that asks whether to cancel. */
async function confirmCancel({ db }: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const issue = await getIssueProgress(db, idOf(req));
  const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
  if (!issue || !newsletter) return noSuchIssue(res);
  const { counts } = issue;
  sendPage(res, 'cancel', {
    issue,
    newsletter,
    waiting: counts.queued + counts.deferred,
    accepted: counts.accepted,
  });
}

type ActOfPage = Extract<IssueAct, 'approve' | 'pause' | 'retract' | 'resume' | 'cancel'>;

interface Action {
  change: (deps: ConsoleDeps, input: { issueId: string }) => Promise<Changed>;
  notice: Notice;
}

const actions: Record<ActOfPage, Action> = {
  approve: { change: approveIssue, notice: 'approved' },
  pause: {
    change: (deps, { issueId }) => pauseIssue(deps, { issueId, reason: 'by hand' }),
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
    const changed = isId(issueId) ? await change(deps, { issueId }) : { ok: false, code: 'issue-not-found' };
    if (changed.ok) {
      const subject = `issue:${issueId}`;
      await recordAudit(deps, { actor: actorOf(res), action: `issue.${name}`, subject });
      return redirectWith(res, `/console/issues/${issueId}`, notice);
    }
    if ('code' in changed && changed.code === 'issue-not-found') return noSuchIssue(res);
    redirectWith(res, `/console/issues/${issueId}`, 'wrong-state');
  };

export function issueRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/issues/:id', (req, res) => show(deps, req, res));
  router.get('/issues/:id/events', (req, res) => follow(deps, req, res));
  router.get('/issues/:id/preview', (req, res) => preview(deps, req, res));
  router.get('/issues/:id/cancel', (req, res) => confirmCancel(deps, req, res));
  for (const [name, action] of Object.entries(actions) as [ActOfPage, Action][])
    router.post(`/issues/:id/${name}`, requireForm(deps), decide(deps, name, action));
  return router;
}
