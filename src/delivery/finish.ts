// An issue is finished when every delivery has ended and the counts agree.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { returnExpired } from './return-posts.js';
import { issueCounts, sumsAgree } from './counts.js';
import { getIssueRow } from '../issues/issue.js';
import { finish } from '../issues/sending.js';
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
