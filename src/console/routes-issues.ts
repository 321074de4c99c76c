import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { streamIssue } from '../api/issue-events.js';
import { cancelIssue } from '../delivery/change-deliveries.js';
import { isId } from '../ids.js';
import type { DeliveryState } from '../delivery/counts.js';
import { listDeliveries } from '../reports/list-deliveries.js';
import { previewIssue } from '../delivery/preview.js';
import { getIssue, getIssueProgress, type IssueView } from '../reports/progress.js';
import { holdUpInWords, paceInWords } from '../reports/progress-words.js';
import { skipInWords } from '../issues/skip-words.js';
import { isOver } from '../issues/status.js';
import { approveIssue, pauseIssue, resumeIssue, retractIssue, type Changed } from '../issues/change-issue.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { ConsoleDeps } from './deps.js';
import { redirectWith, sendMessage, sendPage, sendSandboxed, type Notice } from './page.js';
import { formatNumber } from '../text/words.js';
import { actorOf, requireForm } from './session.js';
import { replyInWords } from './state-words.js';

const shownDeliveries = 50;
/** For browsers without JavaScript. With JavaScript the page follows the events. */
const refreshSeconds = 5;

const troubled = ['refused', 'uncertain', 'deferred'] as const;

const tileLabels: Record<DeliveryState, string> = {
  accepted: 'Accepted',
  queued: 'Waiting',
  sending: 'Sending',
  deferred: 'Deferred',
  refused: 'Refused',
  uncertain: 'Uncertain',
  bounced: 'Bounced',
  complained: 'Spam complaints',
  excluded: 'Left out',
};

/** The tiles of the counts, in the order of a message's states. */
function tiles({ counts }: IssueView): object[] {
  const tone = {
    accepted: 'good',
    deferred: 'warn',
    uncertain: 'warn',
    refused: 'bad',
    bounced: 'bad',
    complained: 'bad',
  };
  const { candidates: _, ...states } = counts;
  // These tiles are always shown. The others are shown when their count is above zero.
  const always = ['accepted', 'queued', 'sending', 'deferred', 'refused', 'uncertain', 'excluded'];
  return Object.entries(states)
    .filter(([name, count]) => count > 0 || always.includes(name))
    .map(([name, count]) => ({
      name,
      label: tileLabels[name as keyof typeof tileLabels],
      count,
      tone: count > 0 ? tone[name as keyof typeof tone] : undefined,
    }))
    .toSorted((a, b) => always.indexOf(a.name) - always.indexOf(b.name));
}

/** "2 had no new posts, 1 is paused" */
function excludedWords({ excludedBy }: IssueView): string {
  const words: Record<string, string> = {
    nothingNew: 'had no new posts',
    timeChanged: 'changed their delivery time',
  };
  return Object.entries(excludedBy)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatNumber(count, 'en')} ${words[reason] ?? reason}`)
    .join(', ');
}

/** The share of readers with a result. */
function progress({ counts }: IssueView): { done: number; of: number; percent: number } {
  const of = counts.candidates - counts.excluded;
  const done = of - counts.queued - counts.sending - counts.deferred;
  return { done, of, percent: of === 0 ? 100 : Math.floor((done / of) * 100) };
}

const actions: Record<
  string,
  { change: (deps: ConsoleDeps, input: { issueId: string }) => Promise<Changed>; notice: Notice }
> = {
  approve: { change: approveIssue, notice: 'approved' },
  pause: {
    change: (deps, { issueId }) => pauseIssue(deps, { issueId, reason: 'by hand' }),
    notice: 'paused',
  },
  retract: { change: retractIssue, notice: 'retracted' },
  resume: { change: resumeIssue, notice: 'resumed' },
  cancel: { change: cancelIssue, notice: 'cancelled' },
};

export function issueRoutes(deps: ConsoleDeps): Router {
  const { db } = deps;
  const router = express.Router();
  const noSuchIssue = (res: Response) =>
    sendMessage(res, 404, 'Issue not found', 'It may have been deleted.');
  const idOf = (req: Request) => String(req.params['id']);

  router.get('/issues/:id', async (req, res) => {
    const issue = await getIssue(db, idOf(req));
    const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
    if (!issue || !newsletter) return noSuchIssue(res);
    const trouble = await Promise.all(
      troubled
        .filter((state) => issue.counts[state] > 0)
        .map((state) => listDeliveries(db, { issueId: issue.id, state, limit: shownDeliveries })),
    );
    const over = isOver(issue);
    sendPage(
      res,
      'issue',
      {
        newsletter,
        issue,
        over,
        heading: issue.subject ?? `Issue of ${newsletter.name}`,
        script: over ? undefined : '/assets/console.js',
        tiles: tiles(issue),
        progress: progress(issue),
        pace: paceInWords(issue),
        handOvers: [
          { title: 'Mail server', rows: issue.relays },
          { title: 'Mailbox provider', rows: issue.domainGroups },
        ].filter(({ rows }) => rows.length > 0),
        holdUps: issue.holdUps.map((holdUp) => holdUpInWords(holdUp, new Date())),
        skipped: issue.skipReason === null ? undefined : `Skipped: ${skipInWords(issue.skipReason)}.`,
        trouble: trouble
          .flat()
          .slice(0, shownDeliveries)
          .map((one) => ({ ...one, said: replyInWords(one) })),
        excluded: excludedWords(issue),
        hasPreview: issue.variants > 0,
        can: {
          approve: issue.status === 'review',
          edit: issue.status === 'review',
          retract: issue.status === 'frozen',
          pause: ['collecting', 'frozen', 'sending', 'review'].includes(issue.status),
          resume: issue.status === 'paused',
          cancel: !over,
        },
      },
      over ? {} : { refreshSeconds },
    );
  });

  router.get('/issues/:id/events', async (req, res) => {
    if (!(await getIssueProgress(db, idOf(req)))) return noSuchIssue(res);
    streamIssue(deps.issueWatch, idOf(req), req, res);
  });

  router.get('/issues/:id/preview', async (req, res) => {
    const issueId = idOf(req);
    const html = isId(issueId) ? await previewIssue(deps, { issueId, part: 'html' }) : undefined;
    if (html === undefined) noSuchIssue(res);
    else sendSandboxed(res, html);
  });

  router.get('/issues/:id/cancel', async (req, res) => {
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
  });

  for (const [name, { change, notice }] of Object.entries(actions))
    router.post(`/issues/:id/${name}`, requireForm(deps), async (req, res) => {
      const issueId = idOf(req);
      const changed = isId(issueId)
        ? await change(deps, { issueId })
        : { ok: false, code: 'issue-not-found' };
      if (changed.ok) {
        await recordAudit(deps, {
          actor: actorOf(res),
          action: `issue.${name}`,
          subject: `issue:${issueId}`,
        });
        return redirectWith(res, `/console/issues/${issueId}`, notice);
      }
      if ('code' in changed && changed.code === 'issue-not-found') return noSuchIssue(res);
      redirectWith(res, `/console/issues/${issueId}`, 'wrong-state');
    });
  return router;
}
