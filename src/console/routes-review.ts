// Shows an issue in review, edits it and decides about it: in the console, and at the link of a review mail, which needs
// no sign-in. Only a POST decides, because mail scanners open every link.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { actorName, may, type Actor } from '../accounts/permission.js';
import { cancelIssue } from '../delivery/change-deliveries.js';
import { previewIssue } from '../delivery/preview.js';
import { minute } from '../durations.js';
import { isId } from '../ids.js';
import { getIssue } from '../reports/progress.js';
import { approveIssue, approveSeenIssue, retractIssue } from '../issues/change-issue.js';
import { countRecipients } from '../issues/count-recipients.js';
import { recheckLinks } from '../issues/check-issue-links.js';
import { linksOfIssue } from '../issues/issue-links.js';
import { issueTexts } from '../issues/issue-texts.js';
import { editIssue, type IssueEdit } from '../issues/edit-issue.js';
import { getIssueRow } from '../issues/issue.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { subjectSchema } from '../newsletters/schema.js';
import { deciderOf, limitLinkForms, requireDecision } from './decision-guard.js';
import type { ConsoleDeps } from './deps.js';
import { inAskedScheme } from './mail-in-scheme.js';
import type { Notice } from './notices/notices.js';
import { redirectWith, sendSandboxed, sendPage, translatorOf } from './page.js';
import { noSuchIssue, refuseOwnEdit } from './report/find-issue.js';
import { changesSince, readSeen, seenFields, type SeenForm } from './next-issue/seen.js';
import { readReviewForm, reviewView } from './review-view.js';
import { actorOf, requireForm } from './session.js';

/** The issue, the path of its pages, and the account that decides. */
interface Look {
  issueId: string;
  base: string;
  actor: Actor;
  /** Whether the person is signed in, as the pictures of posts want. */
  isSignedIn: boolean;
}

const lookOf = (res: Response): Look => (res.locals as { look: Look }).look;

/** A form that is not saved: its subject is wrong, or it was made from an earlier state. */
interface Unsaved {
  edit: IssueEdit;
  isSubjectWrong?: boolean;
}

async function show(deps: ConsoleDeps, res: Response, unsaved?: Unsaved): Promise<void> {
  const { issueId, base, actor, isSignedIn } = lookOf(res);
  const edits = (await getIssueRow(deps.db, issueId))?.edits;
  const issue = edits === undefined ? undefined : await getIssue(deps.db, issueId, translatorOf(res));
  const newsletter = issue && (await getNewsletter(deps.db, issue.newsletterId));
  if (edits === undefined || !issue || !newsletter) return noSuchIssue(res);
  const shown = {
    now: deps.now(),
    texts: await issueTexts(deps.db, issueId),
    links: await linksOfIssue(deps, issueId),
    edits,
    mayWrite: may(actor.role, 'write'),
    thumbnails: isSignedIn ? `/console/newsletters/${newsletter.slug}/posts` : undefined,
    unsaved,
  };
  const view = reviewView(issue, newsletter, base, shown, translatorOf(res));
  sendPage(res, 'review', view, {
    status: unsaved === undefined ? 200 : unsaved.isSubjectWrong ? 422 : 409,
  });
}

/**
 * The page that asks whether to approve, and says to how many readers the issue goes. `refused`: the form of a person who
 * saw an earlier state. `looked`: the version of the page that led here.
 */
async function confirmApproval(
  deps: ConsoleDeps,
  res: Response,
  { refused, looked }: { refused?: SeenForm; looked?: unknown },
): Promise<void> {
  const { issueId, base, actor } = lookOf(res);
  const edits = (await getIssueRow(deps.db, issueId))?.edits ?? 0;
  const issue = isId(issueId) ? await getIssue(deps.db, issueId, translatorOf(res)) : undefined;
  const newsletter = issue && (await getNewsletter(deps.db, issue.newsletterId));
  const recipients = issue && (await countRecipients(deps, { issueId }));
  if (!issue || !newsletter || !recipients) return noSuchIssue(res);
  // Its page says how it was decided.
  if (issue.status !== 'review') return show(deps, res);
  const now = deps.now();
  const from = new Date(
    Math.max(issue.slot.getTime(), now.getTime() + newsletter.schedule.retractMinutes * minute),
  );
  const words = translatorOf(res);
  const heading = issue.subject ?? words.t('issue.issueOf', { newsletter: newsletter.name });
  const seen = { version: edits, subject: heading, posts: issue.posts };
  const titles = new Map(issue.omitted.map(({ id, title }) => [id, title]));
  const view = {
    newsletter,
    base,
    heading,
    posts: issue.posts,
    seen: seenFields(seen),
    changed: refused && changesSince(refused, seen, titles, words),
    isStale: typeof looked === 'string' && looked !== String(edits),
    ...recipients,
    from,
    later: from > now,
    mayApprove: may(actor.role, 'write'),
    isOwnEdit: newsletter.schedule.fourEyes && issue.editedBy === actorName(actor),
  };
  sendPage(res, 'approve', view, { status: refused === undefined ? 200 : 409 });
}

async function preview(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { issueId } = lookOf(res);
  const previewed = isId(issueId) ? await previewIssue(deps, { issueId, part: 'html' }) : undefined;
  if (previewed?.ok) sendSandboxed(res, inAskedScheme(previewed.content, req.query['scheme']));
  else noSuchIssue(res);
}

async function save(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { issueId, base, actor } = lookOf(res);
  const edit = readReviewForm({ issueId, by: actorName(actor) }, (req.body ?? {}) as Record<string, unknown>);
  if (edit.subject !== undefined && edit.subject !== null && !subjectSchema.safeParse(edit.subject).success)
    return show(deps, res, { edit, isSubjectWrong: true });
  const result = isId(issueId)
    ? await editIssue(deps, edit)
    : ({ ok: false, code: 'issue-not-found' } as const);
  if (!result.ok && result.code === 'edited-meanwhile') return show(deps, res, { edit });
  if (result.ok) await recordAudit(deps, { actor, action: 'issue.change', subject: `issue:${issueId}` });
  const notice: Notice = result.ok
    ? 'saved'
    : result.code === 'issue-not-found'
      ? 'wrong-state'
      : result.code;
  redirectWith(res, base, notice);
}

const decisions = {
  'check-links': { change: recheckLinks, notice: 'links-asked' },
  approve: { change: approveIssue, notice: 'approved' },
  retract: { change: retractIssue, notice: 'retracted' },
  cancel: { change: cancelIssue, notice: 'cancelled' },
} as const;

async function decide(
  deps: ConsoleDeps,
  name: keyof typeof decisions,
  req: Request,
  res: Response,
): Promise<void> {
  const { issueId, base, actor } = lookOf(res);
  const { change, notice } = decisions[name];
  const form = readSeen(req.body);
  const who = { issueId, by: actorName(actor) };
  const result = !isId(issueId)
    ? undefined
    : name === 'approve' && form.version !== undefined
      ? await approveSeenIssue(deps, { ...who, seen: form.version })
      : await change(deps, who);
  if (result?.ok === false && result.code === 'edited-meanwhile')
    return confirmApproval(deps, res, { refused: form });
  if (result?.ok === false && result.code === 'edited-last') return refuseOwnEdit(deps, res, result.editedBy);
  const changed = result?.ok === true;
  if (changed) await recordAudit(deps, { actor, action: `issue.${name}`, subject: `issue:${issueId}` });
  redirectWith(res, base, changed ? notice : 'wrong-state');
}

/** Mounts the routes below `path`. `res.locals.look` names the issue. */
function mountReview(router: Router, path: string, deps: ConsoleDeps, guard: express.RequestHandler[]): void {
  router.get(path, async (_req, res) => show(deps, res));
  router.get(`${path}/approve`, async (req, res) =>
    confirmApproval(deps, res, { looked: req.query['seen'] }),
  );
  router.get(`${path}/preview`, async (req, res) => preview(deps, req, res));
  router.post(`${path}/save`, ...guard, async (req, res) => save(deps, req, res));
  for (const name of Object.keys(decisions) as (keyof typeof decisions)[])
    router.post(`${path}/${name}`, ...guard, async (req, res) => decide(deps, name, req, res));
}

/** In the console, for signed-in accounts. */
export function reviewRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.use('/issues/:id/review', (req, res, next) => {
    const issueId = req.params.id;
    res.locals['look'] = {
      issueId,
      base: `/console/issues/${issueId}/review`,
      actor: actorOf(res),
      isSignedIn: true,
    } satisfies Look;
    next();
  });
  mountReview(router, '/issues/:id/review', deps, [requireForm(deps)]);
  return router;
}

/** At the link of a review mail, while the account of that mail has the permission to decide. */
export function reviewLinkRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.use(limitLinkForms(deps));
  router.use('/:token', requireDecision(deps, 'review', 'console.openIssueThere'), (req, res, next) => {
    const { id: issueId, actor } = deciderOf(res);
    res.locals['look'] = {
      issueId,
      base: `/review/${req.params.token}`,
      actor,
      isSignedIn: false,
    } satisfies Look;
    next();
  });
  // After the check of the token, so that nothing reads the body of a stranger.
  router.use(express.urlencoded({ extended: false, limit: '256kb', parameterLimit: 3_000 }));
  mountReview(router, '/:token', deps, []);
  return router;
}
