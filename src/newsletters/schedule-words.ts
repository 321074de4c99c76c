// A newsletter's schedule in words for readers: "Every weekday at 07:00, Berlin time". Pure.
import type { Translator } from '../languages/translate.js';
import { clockInWords, dateFormat } from '../text/words.js';
import { dateAt } from './due.js';

export interface ScheduleInWords {
  frequencies: readonly string[];
  /** HH:MM, wall clock. */
  sendTime: string;
  /** The days of a daily digest. ISO: Monday is 1. */
  weekdays: readonly number[];
  /** The day of a weekly digest. */
  weeklyDay: number;
}

/** The language: `t` has the words, `locale` is for days and times, `city` for the zone. */
type Words = Pick<Translator, 't' | 'locale' | 'city'>;

/** Monday to Sunday. */
export function dayNames({ locale }: Pick<Words, 'locale'>): string[] {
  const name = dateFormat(locale, { weekday: 'long', timeZone: 'UTC' });
  // 1 January 2024 was a Monday.
  return Array.from({ length: 7 }, (_, day) => name.format(new Date(Date.UTC(2024, 0, 1 + day))));
}

/** 07:00 as `locale` writes it. */
export const timeInWords = (sendTime: string, words: Pick<Words, 'locale'>): string =>
  clockInWords(new Date(`2024-01-01T${sendTime}:00Z`), 'UTC', words);

/** "Every weekday". */
export function daysInWords(weekdays: readonly number[], words: Words): string {
  const set = [...new Set(weekdays)].toSorted((a, b) => a - b);
  if (set.length === 0 || set.length === 7) return words.t('schedule.everyDay');
  if (set.join() === '1,2,3,4,5') return words.t('schedule.everyWeekday');
  const names = dayNames(words);
  const days = new Intl.ListFormat(words.locale).format(set.map((day) => names[day - 1] ?? ''));
  return words.t('schedule.every', { days });
}

/** "Berlin time" for Europe/Berlin. */
export function placeInWords(timezone: string, words: Words): string {
  const city = words.city(timezone);
  return city === 'UTC' ? city : words.t('schedule.place', { city });
}

/** "Tuesday at 07:00, Berlin time". Uses "today" and "tomorrow", and a date beyond six days. */
export function slotInWords(
  slot: Date,
  { timezone, now, words }: { timezone: string; now: Date; words: Words },
): string {
  const inZone = (options: Intl.DateTimeFormatOptions) =>
    dateFormat(words.locale, { timeZone: timezone, ...options }).format(slot);
  const date = dateAt(slot, timezone);
  const told = { time: clockInWords(slot, timezone, words), place: placeInWords(timezone, words) };
  if (date === dateAt(now, timezone)) return words.t('schedule.today', told);
  const day = inZone(date <= dateAt(now, timezone, 6) ? { weekday: 'long' } : longDate);
  return date === dateAt(now, timezone, 1)
    ? words.t('schedule.tomorrow', { day, ...told })
    : words.t('schedule.on', { day, ...told });
}

const longDate = { weekday: 'long', day: 'numeric', month: 'long' } as const;

/** When the newsletter comes: a sentence without its full stop. Daily, if readers may choose. */
export function scheduleInWords(schedule: ScheduleInWords, timezone: string, words: Words): string {
  const daily = schedule.frequencies.includes('daily') || !schedule.frequencies.includes('weekly');
  return words.t('schedule.at', {
    days: daysInWords(daily ? schedule.weekdays : [schedule.weeklyDay], words),
    time: timeInWords(schedule.sendTime, words),
    place: placeInWords(timezone, words),
  });
}
