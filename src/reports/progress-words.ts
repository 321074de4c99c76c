// The progress of an issue, as an operator reads it. Pure.
import type { IssueView } from './progress.js';
import { providerInWords } from '../providers/provider-words.js';
import type { HoldUp } from '../delivery/hand-overs.js';

/** "90 s", "12 min", "3 h". */
export function durationInWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** "320 a second, about 12 min left"; empty when nothing moves. */
export function paceInWords({
  ratePerSecond,
  etaSeconds,
}: Pick<IssueView, 'ratePerSecond' | 'etaSeconds'>): string {
  if (ratePerSecond === null || ratePerSecond === 0) return '';
  const rate = `${ratePerSecond < 10 ? ratePerSecond : Math.round(ratePerSecond)} a second`;
  return etaSeconds === null ? rate : `${rate}, about ${durationInWords(etaSeconds)} left`;
}

const subjects: Record<HoldUp['kind'], (name: string) => string> = {
  'warm-up': (name) => `${name} is being warmed up`,
  provider: (name) => `readers at ${providerInWords(name)} wait`,
  relay: (name) => `the relay ${name} is not used`,
  connections: (name) => `the relay ${name} takes fewer connections at once than SMTP_URL allows`,
};

/** "readers at Yahoo and AOL wait, for 4 min: 451 4.7.0 [TSS04] deferred". */
export function holdUpInWords({ kind, name, until, detail }: HoldUp, now: Date): string {
  const wait =
    until === null ? '' : `, for ${durationInWords(Math.max(0, (until.getTime() - now.getTime()) / 1000))}`;
  return `${subjects[kind](name)}${wait}: ${detail}`;
}
