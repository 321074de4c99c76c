// A newsletter's schedule as a reader is told it: "Every weekday at 07:00, Berlin time". Pure.

export interface ScheduleInWords {
  frequencies: readonly string[];
  /** HH:MM, wall clock. */
  sendTime: string;
  /** The days of a daily digest; ISO: Monday is 1. */
  weekdays: readonly number[];
  /** The day of a weekly digest. */
  weeklyDay: number;
}

const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const dayName = (day: number): string => dayNames[day - 1] ?? '';

function days(weekdays: readonly number[]): string {
  const set = [...new Set(weekdays)].toSorted((a, b) => a - b);
  if (set.length === 0 || set.length === 7) return 'Every day';
  if (set.join() === '1,2,3,4,5') return 'Every weekday';
  if (set.join() === '6,7') return 'Every Saturday and Sunday';
  const named = set.map(dayName);
  return `Every ${named.length === 1 ? named[0] : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`}`;
}

/** "Berlin time" for Europe/Berlin. */
function place(timezone: string): string {
  if (/^(Etc\/)?(UTC|GMT|Universal|Zulu)$/i.test(timezone)) return 'UTC';
  return `${(timezone.split('/').at(-1) ?? timezone).replaceAll('_', ' ')} time`;
}

/** When the newsletter comes, as one sentence without its full stop. Daily wins where a reader may choose. */
export function scheduleInWords(schedule: ScheduleInWords, timezone: string): string {
  const when = `at ${schedule.sendTime}, ${place(timezone)}`;
  const daily = schedule.frequencies.includes('daily') || !schedule.frequencies.includes('weekly');
  return `${daily ? days(schedule.weekdays) : `Every ${dayName(schedule.weeklyDay)}`} ${when}`;
}
