// What an admin does to an issue on its way. Each is a conditional update and may be repeated.
import { isId, type Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { issueStatus, type IssueStatus } from './status.js';
import { pause, resume } from './sending.js';
import { type IssueRow, selectIssue } from './store.js';
import * as review from './store-review.js';

export type Changed =
  | { ok: true }
  | { ok: false; code: 'issue-not-found' }
  | { ok: false; code: 'wrong-state'; status: IssueStatus };

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
 * Lets a held issue go out: at its slot, or now if that has passed; and not before the newsletter's retractMinutes are
 * over, in which it can be taken back.
 */
export async function approveIssue(
  deps: Deps & { now: () => Date },
  { issueId }: { issueId: string },
): Promise<Changed> {
  return change(
    deps,
    issueId,
    (issue) => issue.approvedAt !== null && issue.cancelledAt === null,
    () => review.approve(deps.db, issueId, deps.now()),
  );
}

/** Takes an approval back, while nobody has a delivery of it yet. Then it waits until somebody approves it. */
export async function retractIssue(deps: Deps, { issueId }: { issueId: string }): Promise<Changed> {
  return change(
    deps,
    issueId,
    (issue) => issueStatus(issue) === 'review',
    () => review.retract(deps.db, issueId),
  );
}

/** Stops handing messages over; what the relay has been told is finished. */
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

/** Goes on where it stood. The sweep wakes the batches. */
export async function resumeIssue(deps: Deps, { issueId }: { issueId: string }): Promise<Changed> {
  const resumed = await change(
    deps,
    issueId,
    (issue) => issue.pausedAt === null && issue.cancelledAt === null,
    () => resume(deps.db, issueId),
  );
  if (resumed.ok) await deps.enqueue('upkeep', { kind: 'sweep' });
  return resumed;
}
