// The progress of an issue, as an operator reads it. Pure.
import { durationInWords } from './duration-words.js';
import type { IssueView } from './progress.js';

/** "320 a second, about 12 min left"; empty when nothing moves. */
export function paceInWords({
  ratePerSecond,
  etaSeconds,
}: Pick<IssueView, 'ratePerSecond' | 'etaSeconds'>): string {
  if (ratePerSecond === null || ratePerSecond === 0) return '';
  const rate = `${ratePerSecond < 10 ? ratePerSecond : Math.round(ratePerSecond)} a second`;
  return etaSeconds === null ? rate : `${rate}, about ${durationInWords(etaSeconds)} left`;
}
