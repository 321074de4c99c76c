// An instant as a person says it: the day, the time, and how far away it is. Pure.
import { day, hour, minute } from '../durations.js';
import { formatDate } from './words.js';

const dayOf = (at: Date, zone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);

/** "today at 19:00", "tomorrow at 07:00", "on Monday at 07:00", "on 3 Dec 2026 at 07:00", in `zone` (IANA). */
export function whenInWords(at: Date, now: Date, zone: string): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(at);
  // Both days at midnight of UTC: no day of a calendar is shorter for them.
  const days = Math.round((Date.parse(dayOf(at, zone)) - Date.parse(dayOf(now, zone))) / day);
  if (days === 0) return `today at ${time}`;
  if (days === 1) return `tomorrow at ${time}`;
  if (days === -1) return `yesterday at ${time}`;
  if (days < 2 || days > 6) return `on ${formatDate(at, zone)} at ${time}`;
  return `on ${new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'long' }).format(at)} at ${time}`;
}

/** "in 13 h", "in 25 min", "in 3 days", "5 min ago", "now". */
export function distanceInWords(at: Date, now: Date): string {
  const far = at.getTime() - now.getTime();
  const size = Math.abs(far);
  if (size < minute) return 'now';
  const words =
    size < 90 * minute
      ? `${Math.round(size / minute)} min`
      : size < 48 * hour
        ? `${Math.round(size / hour)} h`
        : `${Math.round(size / day)} days`;
  return far < 0 ? `${words} ago` : `in ${words}`;
}
