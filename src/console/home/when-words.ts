// An instant as a person says it: the day, the time, and how far away it is. Pure.
import { day, hour, minute } from '../../durations.js';
import type { Translator } from '../../languages/translate.js';
import { clockInWords } from '../../newsletters/schedule-words.js';
import { dateFormat, formatDate } from '../../text/words.js';

type Words = Pick<Translator, 't' | 'locale'>;

const dayOf = (at: Date, zone: string): string =>
  dateFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);

/** "today at 19:00", "tomorrow at 07:00", "on Monday at 07:00", "on 3 Dec 2026 at 07:00", in `zone` (IANA). */
export function whenInWords(at: Date, now: Date, zone: string, words: Words): string {
  const { t, locale } = words;
  const time = clockInWords(at, zone, words);
  // Both days at midnight of UTC: no day of a calendar is shorter for them.
  const days = Math.round((Date.parse(dayOf(at, zone)) - Date.parse(dayOf(now, zone))) / day);
  if (days === 0) return t('home.today', { time });
  if (days === 1) return t('home.tomorrow', { time });
  if (days === -1) return t('home.yesterday', { time });
  if (days < 2 || days > 6) return t('home.onDate', { date: formatDate(at, zone, locale), time });
  const name = dateFormat(locale, { timeZone: zone, weekday: 'long' }).format(at);
  return t('home.onDay', { day: name, time });
}

/** "in 13 h", "in 25 min", "in 3 days", "5 min ago", "now". */
export function distanceInWords(at: Date, now: Date, { t }: Words): string {
  const far = at.getTime() - now.getTime();
  const size = Math.abs(far);
  if (size < minute) return t('home.now');
  const count = (unit: number): { count: number } => ({ count: Math.round(size / unit) });
  if (size < 90 * minute)
    return far < 0 ? t('home.minutesAgo', count(minute)) : t('home.inMinutes', count(minute));
  if (size < 48 * hour) return far < 0 ? t('home.hoursAgo', count(hour)) : t('home.inHours', count(hour));
  return far < 0 ? t('home.daysAgo', count(day)) : t('home.inDays', count(day));
}
