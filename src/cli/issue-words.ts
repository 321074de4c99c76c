// An issue's status and counts in words, for the output of commands.
import type { IssueView, OmittedPostView } from '../reports/progress.js';
import type { IssueStatus } from '../issues/status.js';

/** The words that complete "Issue 6 is …". */
export const statusInWords: Record<IssueStatus, string> = {
  collecting: 'still collecting posts',
  review: 'waiting for review',
  frozen: 'waiting for its slot',
  sending: 'being sent',
  paused: 'paused',
  finished: 'finished',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/** Why a post of the cut-off is not in the issue. */
export const omissionInWords: Record<OmittedPostView['reason'], string> = {
  topic: 'excluded by the selection',
  dropped: 'left out',
  later: 'saved for the next issue',
};

export const countsInWords = ({ counts }: Pick<IssueView, 'counts'>): string =>
  Object.entries(counts)
    .filter(([name, count]) => count > 0 && name !== 'candidates')
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
