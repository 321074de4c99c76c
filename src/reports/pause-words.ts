// Why an issue is paused, as an admin reads it. Pure.
import type { IssueRow } from '../issues/issue.js';
import { guardInWords } from '../delivery/guard.js';

/** null: it is not paused. */
export function pauseInWords(
  issue: Pick<IssueRow, 'pausedBy' | 'pauseReason' | 'guardKind' | 'guardBad' | 'guardEnds'>,
): string | null {
  const { pausedBy, pauseReason, guardKind: kind, guardBad: bad, guardEnds: ends } = issue;
  if (pausedBy === 'hold') return `held: ${pauseReason ?? ''}`;
  if (kind === null || bad === null || ends === null) return pauseReason;
  const detail = pauseReason ?? undefined;
  return `guard: ${guardInWords({ kind, bad, ends, refusal: detail, domain: detail })}`;
}
