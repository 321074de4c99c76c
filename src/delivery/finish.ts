// An issue is finished when every delivery has ended and the counts agree.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { returnExpired } from './return-posts.js';
import { issueCounts, sumsAgree } from './counts.js';
import { getIssueRow } from '../issues/issue.js';
import { finish } from '../issues/sending.js';
import { linkOrigins } from '../telemetry/origins.js';
import { inSpan } from '../telemetry/trace.js';
import { isWorkedThrough, selectCounts } from './store-batches.js';

/**
 * Marks the issue finished if no delivery is queued, deferred or sending, and candidates = deliveries +
 * excluded.
 */
export async function finishIfDone(
  deps: { db: Db; log: Log; now: () => Date },
  issueId: string,
): Promise<boolean> {
  if (!(await isWorkedThrough(deps.db, issueId))) return false;
  // Also a trace of its own: the sweep finishes an issue whose last batch was lost.
  return inSpan('finish issue', { attributes: { 'digest.issue_id': issueId } }, async (span) => {
    await linkOrigins(deps, 'issue', [issueId]);
    const isFinished = await finishWorkedThrough(deps, issueId);
    span.note({ 'digest.finished': isFinished });
    return isFinished;
  });
}

async function finishWorkedThrough(
  deps: { db: Db; log: Log; now: () => Date },
  issueId: string,
): Promise<boolean> {
  await returnExpired(deps.db, issueId);
  const issue = await getIssueRow(deps.db, issueId);
  if (issue === undefined || issue.fannedOutAt === null) return false;
  const counts = issueCounts(issue, await selectCounts(deps.db, issueId));
  if (!sumsAgree(counts)) {
    deps.log.error({ issueId, counts }, 'delivery: the sums of an issue do not agree; it stays open');
    return false;
  }
  return finish(deps.db, issueId, { counts, now: deps.now() });
}
