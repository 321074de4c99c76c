// The changes of an admin to an issue before it is over. Each change is a conditional update, and may be
// repeated.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Enqueue } from '../queues.js';
import { issueStatus, type IssueStatus } from './status.js';
import { pause, resume } from './sending.js';
import { type IssueRow, selectIssue } from './store.js';
import * as review from './store-review.js';

export type Changed =
  | { ok: true }
  | { ok: false; code: 'issue-not-found' }
  | { ok: false; code: 'wrong-state'; status: IssueStatus }
  /** Four eyes: another person must approve what `editedBy` edited last. */
  | { ok: false; code: 'edited-last'; editedBy: string };

interface Deps {
  db: Db;
  enqueue: Enqueue;
}

async function change(
  deps: Deps,
  issueId: string,
  done: (issue: IssueRow) => boolean,
  update: () => Promise<boolean>,
): Promise<Changed> {
  if (!isId(issueId)) return { ok: false, code: 'issue-not-found' };
  const changed = await update();
  const issue = await selectIssue(deps.db, issueId);
  if (issue === undefined) return { ok: false, code: 'issue-not-found' };
  if (!changed && !done(issue)) return { ok: false, code: 'wrong-state', status: issueStatus(issue) };
  if (issue.fannedOutAt === null) await deps.enqueue('issues', { kind: 'assemble', issueId });
  return { ok: true };
}

/**
 * Approves an issue in review. It goes out at its slot, or now if that has passed, but not before the
 * newsletter's retractMinutes are over: until then the approval can be withdrawn. With four eyes, the actor `by` (as
 * the audit log names it: 'account:1') may not have edited the issue last.
 */
export async function approveIssue(
  deps: Deps & { now: () => Date },
  { issueId, by }: { issueId: string; by: string },
): Promise<Changed> {
  return approve(deps, { issueId, by, seen: null });
}

/** The same, if nobody has edited the issue since the person saw it. `seen`: the `edits` of the issue then. */
export async function approveSeenIssue(
  deps: Deps & { now: () => Date },
  { issueId, by, seen }: { issueId: string; by: string; seen: number },
): Promise<Changed | { ok: false; code: 'edited-meanwhile' }> {
  const approved = await approve(deps, { issueId, by, seen });
  if (approved.ok || approved.code !== 'edited-last') return approved;
  const issue = await selectIssue(deps.db, issueId);
  return issue?.edits === seen ? approved : { ok: false, code: 'edited-meanwhile' };
}

async function approve(
  deps: Deps & { now: () => Date },
  { issueId, by, seen }: { issueId: string; by: string; seen: number | null },
): Promise<Changed> {
  const approved = await change(
    deps,
    issueId,
    (issue) => issue.approvedAt !== null && issue.cancelledAt === null,
    () => review.approve(deps.db, { id: issueId, by, seen, now: deps.now() }),
  );
  // In review, only an edit refuses an approval: the actor's own, or one that the person has not seen.
  return !approved.ok && approved.code === 'wrong-state' && approved.status === 'review'
    ? { ok: false, code: 'edited-last', editedBy: by }
    : approved;
}

/**
 * Withdraws an approval, while the issue has no deliveries. After that it waits until someone approves it.
 */
export async function retractIssue(deps: Deps, { issueId }: { issueId: string }): Promise<Changed> {
  return change(
    deps,
    issueId,
    (issue) => issueStatus(issue) === 'review',
    () => review.withdrawApproval(deps.db, issueId),
  );
}

/** Stops sending. Messages that a relay is taking now are finished. */
export async function pauseIssue(
  deps: Deps,
  { issueId, reason }: { issueId: string; reason: string },
): Promise<Changed> {
  return change(
    deps,
    issueId,
    (issue) => issue.pausedAt !== null,
    () => pause(deps.db, issueId, { by: 'admin', reason }),
  );
}

/** Continues. The sweep wakes the batches. */
export async function resumeIssue(
  deps: Deps & { now: () => Date },
  { issueId }: { issueId: string },
): Promise<Changed> {
  const resumed = await change(
    deps,
    issueId,
    (issue) => issue.pausedAt === null && issue.cancelledAt === null,
    () => resume(deps.db, issueId, deps.now()),
  );
  if (resumed.ok) await deps.enqueue('upkeep', { kind: 'sweep' });
  return resumed;
}
