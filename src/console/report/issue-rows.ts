// The rows of a list of issues: what each issue came to.
import type { IssueView } from '../../reports/progress.js';
import { leavesAfter } from '../../statistics/statistics.js';
import type { ConsoleDeps } from '../deps.js';
import { acceptedPercent, progressOf } from './view.js';

export interface IssueListRow extends IssueView {
  recipients: number;
  /** Undefined: no recipient. */
  percent: number | undefined;
  /** Readers who left before the next issue. Undefined: the issue has not started. */
  left: number | undefined;
}

/** One statement for all of `issues`. */
export async function issueListRows(
  deps: ConsoleDeps,
  issues: readonly IssueView[],
): Promise<IssueListRow[]> {
  const left = await leavesAfter(
    deps,
    issues.filter(({ startedAt }) => startedAt !== null).map(({ id }) => id),
  );
  return issues.map((issue) => {
    const recipients = progressOf(issue).of;
    return {
      ...issue,
      recipients,
      percent: recipients > 0 && issue.startedAt !== null ? acceptedPercent(issue) : undefined,
      left: left.get(issue.id),
    };
  });
}
