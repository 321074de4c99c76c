// The choices that a leaving reader gets instead. Pure.
import { dateAt } from '../newsletters/due.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { ChosenReadingTime } from './reading.js';

export interface LessMail {
  /** They read daily, and the newsletter has a weekly digest. */
  weekly: boolean;
  /** The day on which a month's pause would end (2026-12-23); absent if they have paused already. */
  pauseUntil?: string;
}

const pauseDays = 30;

export function lessMail(
  { schedule }: Pick<Newsletter, 'schedule'>,
  { frequency, timezone }: Pick<ChosenReadingTime, 'frequency' | 'timezone'>,
  { pausedUntil, now }: { pausedUntil: Date | null; now: Date },
): LessMail {
  const isPaused = pausedUntil !== null && pausedUntil > now;
  return {
    weekly: frequency === 'daily' && schedule.frequencies.includes('weekly'),
    ...(isPaused ? {} : { pauseUntil: dateAt(now, timezone, pauseDays) }),
  };
}
