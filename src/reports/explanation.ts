// The parts of an explanation, for posts and for readers. Pure.
import type { Translator } from '../languages/translate.js';
import type { TimeWords } from '../text/when-words.js';
import { formatNumber } from '../text/words.js';
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

export const instantInWords = (at: Date | null, { time }: TimeWords): string => (at === null ? '' : time(at));

export const issuesInWords = (numbers: readonly number[], { t, locale }: Translator): string =>
  t('why.issues', {
    count: numbers.length,
    numbers: numbers.map((number) => formatNumber(number, locale)).join(', '),
  });
