// A newsletter's schedule as a reader is told it: "Every weekday at 07:00, Berlin time". Pure.

import { dateAt } from './due.js';
import { cityOf } from './zones.js';

export interface ScheduleInWords {
  frequencies: readonly string[];
  /** HH:MM, wall clock. */
  sendTime: string;
  /** The days of a daily digest; ISO: Monday is 1. */
  weekdays: readonly number[];
  /** The day of a weekly digest. */
  weeklyDay: number;
}

export const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const dayName = (day: number): string => dayNames[day - 1] ?? '';

/** "Every weekday". */
export function daysInWords(weekdays: readonly number[]): string {
  const set = [...new Set(weekdays)].toSorted((a, b) => a - b);
  if (set.length === 0 || set.length === 7) return 'Every day';
  if (set.join() === '1,2,3,4,5') return 'Every weekday';
  if (set.join() === '6,7') return 'Every Saturday and Sunday';
  const named = set.map(dayName);
  return `Every ${named.length === 1 ? named[0] : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`}`;
}

/** "Berlin time" for Europe/Berlin. */
function place(timezone: string): string {
  const city = cityOf(timezone);
  return city === 'UTC' ? city : `${city} time`;
}

/** "Tuesday 07:00, Berlin time"; today and tomorrow are called so, and what is more than six days off has its date. */
export function slotInWords(slot: Date, timezone: string, now: Date): string {
  const inZone = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...options }).format(slot);
  const date = dateAt(slot, timezone);
  const day =
    date === dateAt(now, timezone)
      ? 'Today'
      : date === dateAt(now, timezone, 1)
        ? `Tomorrow, ${inZone({ weekday: 'long' })}`
        : inZone(date <= dateAt(now, timezone, 6) ? { weekday: 'long' } : longDate);
  return `${day} ${inZone({ hour: '2-digit', minute: '2-digit' })}, ${place(timezone)}`;
}

const longDate = { weekday: 'long', day: 'numeric', month: 'long' } as const;

/** When the newsletter comes, as one sentence without its full stop. Daily wins where a reader may choose. */
export function scheduleInWords(schedule: ScheduleInWords, timezone: string): string {
  const when = `at ${schedule.sendTime}, ${place(timezone)}`;
  const daily = schedule.frequencies.includes('daily') || !schedule.frequencies.includes('weekly');
  return `${daily ? daysInWords(schedule.weekdays) : `Every ${dayName(schedule.weeklyDay)}`} ${when}`;
}
