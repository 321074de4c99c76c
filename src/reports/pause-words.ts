// Why an issue is paused, as an admin reads it. Pure.
import type { IssueRow } from '../issues/issue.js';
import { guardMessage } from '../delivery/guard.js';
import type { Translator } from '../languages/translate.js';

/** What the console's button writes. */
export const byHand = 'by hand';

/** null: it is not paused, or an admin paused it without a reason. What an admin wrote stays as it is. */
export function pauseInWords(
  issue: Pick<IssueRow, 'pausedBy' | 'pauseReason' | 'guardKind' | 'guardBad' | 'guardEnds'>,
  { t }: Pick<Translator, 't'>,
): string | null {
  const { pausedBy, pauseReason, guardKind: kind, guardBad: bad, guardEnds: ends } = issue;
  // The stored reason of the hold is for the log. Pages and the API say elsewhere why all sending is held.
  if (pausedBy === 'hold') return t('issue.pausedHeld');
  if (pausedBy === 'admin' && pauseReason === byHand) return t('issue.byHand');
  if (kind === null || bad === null || ends === null) return pauseReason;
  const detail = pauseReason ?? undefined;
  const finding = guardMessage({ kind, bad, ends, refusal: detail, domain: detail });
  return t('issue.pausedByGuard', { finding });
}
