// An issue's status, derived from its timestamps. Pure.

export interface IssueTimes {
  frozenAt: Date | null;
  approvedAt: Date | null;
  fannedOutAt: Date | null;
  pausedAt: Date | null;
  cancelledAt: Date | null;
  finishedAt: Date | null;
  skippedAt: Date | null;
}

export type IssueStatus =
  'collecting' | 'frozen' | 'review' | 'sending' | 'finished' | 'paused' | 'cancelled' | 'skipped';

/** True when no step is left: nothing of the issue changes by itself any more. */
export function isOver({ status }: { status: IssueStatus }): boolean {
  return status === 'finished' || status === 'cancelled' || status === 'skipped';
}

export function issueStatus(times: IssueTimes): IssueStatus {
  if (times.skippedAt) return 'skipped';
  if (times.cancelledAt) return 'cancelled';
  if (times.finishedAt) return 'finished';
  if (times.pausedAt) return 'paused';
  if (times.fannedOutAt) return 'sending';
  if (!times.frozenAt) return 'collecting';
  return times.approvedAt ? 'frozen' : 'review';
}

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
