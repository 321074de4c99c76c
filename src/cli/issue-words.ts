// An issue's status and counts in words, for the output of commands.
import { formatNumber } from '../text/words.js';
import { translator } from '../languages/translate.js';
import type { IssueView, OmittedPostView } from '../reports/progress.js';
import { returnedInWords, type ReturnedCount } from '../reports/feedback-words.js';
import { table } from './output.js';
import type { DeliveryState } from '../delivery/counts.js';

/** Why a post of the cut-off is not in the issue. */
export const omissionInWords: Record<OmittedPostView['reason'], string> = {
  topic: 'excluded by the selection',
  dropped: 'left out',
  later: 'saved for the next issue',
};

const states: Record<DeliveryState, string> = {
  queued: 'waiting',
  sending: 'being sent',
  accepted: 'accepted',
  deferred: 'deferred',
  refused: 'refused',
  uncertain: 'uncertain',
  bounced: 'bounced',
  complained: 'reported as spam',
  excluded: 'left out',
};

export const countsInWords = ({ counts }: Pick<IssueView, 'counts'>): string =>
  (Object.keys(states) as DeliveryState[])
    .filter((state) => counts[state] > 0)
    .map((state) => `${formatNumber(counts[state], 'en')} ${states[state]}`)
    .join(', ');

/** What came back about an issue, by mailbox provider. */
export function returnedTable(returned: readonly ReturnedCount[]): string[] {
  if (returned.length === 0) return [];
  const rows = returnedInWords(returned, translator('en')).map(({ provider, what, count }) => [
    provider,
    what,
    String(count),
  ]);
  return table([['provider', 'what happened', 'messages'], ...rows]);
}
