// The parts of an explanation, for posts and for readers. Pure.
import { formatNumber, formatTime } from '../text/words.js';
import type { IssueRow } from '../issues/issue.js';
import type { issueStatus } from '../issues/status.js';

export interface Reason {
  /** Stable, in kebab-case. */
  code: string;
  text: string;
  at: Date | null;
}

export interface Explanation {
  included: boolean;
  /** The first one decided. */
  reasons: Reason[];
}

export type ExplainedIssue = Pick<IssueRow, 'kind' | 'slot' | 'frozenAt' | 'fannedOutAt' | 'skipReason'> &
  Parameters<typeof issueStatus>[0];

export const reason = (code: string, text: string, at: Date | null = null): Reason => ({ code, text, at });

export const instantInWords = (at: Date | null): string =>
  at === null ? '' : `${formatTime(at, 'UTC')} UTC`;

export const countInWords = (n: number, one: string): string =>
  `${formatNumber(n, 'en')} ${one}${n === 1 ? '' : 's'}`;

export const issuesInWords = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'issue' : 'issues'} ${numbers.join(', ')}`;
