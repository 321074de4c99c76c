// The changes of an admin to an issue's deliveries: cancel the issue, send refused or uncertain ones again.
import type { Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { forgetUnfinished } from '../issues/fan-out.js';
import { getIssueRow } from '../issues/issue.js';
import { retryAgainUntil } from '../issues/next-issue.js';
import type { Changed } from '../issues/change-issue.js';
import { cancel, lockFanOut } from '../issues/sending.js';
import { issueStatus } from '../issues/status.js';
import { requeueState } from './store-batches.js';
import { giveBack } from './store-returns.js';

interface Deps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

/** Ends an issue. Readers who have not had it get its posts with the next issue. */
export async function cancelIssue(deps: Deps, { issueId }: { issueId: string }): Promise<Changed> {
  const issue = await getIssueRow(deps.db, issueId);
  if (issue === undefined) return { ok: false, code: 'issue-not-found' };
  const cancelled = await deps.db.transaction(async (tx) => {
    if (!(await cancel(tx, issueId))) return false;
    await lockFanOut(tx, issue.newsletterId);
    await forgetUnfinished(tx, issueId);
    await giveBack(tx, issueId, { off: ['queued', 'deferred'], reason: 'cancelled' });
    return true;
  });
  if (cancelled || issue.cancelledAt) return { ok: true };
  const status = issueStatus((await getIssueRow(deps.db, issueId)) ?? issue);
  return { ok: false, code: 'wrong-state', status };
}

/** Sends again to all readers in `state`. An admin decides this: an uncertain delivery may arrive twice. */
export async function resend(
  deps: Deps,
  { issueId, state }: { issueId: string; state: 'refused' | 'uncertain' },
): Promise<Changed & { deliveries?: number }> {
  const issue = await getIssueRow(deps.db, issueId);
  if (issue === undefined) return { ok: false, code: 'issue-not-found' };
  if (issue.fannedOutAt === null || issue.cancelledAt !== null)
    return { ok: false, code: 'wrong-state', status: issueStatus(issue) };
  const until = await retryAgainUntil(deps.db, issue.newsletterId, deps.now());
  const deliveries = await deps.db.transaction((tx) => requeueState(tx, issueId, state, until));
  if (deliveries > 0) await deps.enqueue('upkeep', { kind: 'sweep' });
  return { ok: true, deliveries };
}
