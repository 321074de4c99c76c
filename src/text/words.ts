// Dates, times and numbers as people read them. Pure.
import { LRUCache } from 'lru-cache';
import { parseUrl } from '../parse-url.js';

/**
 * Formatters of dates. A new one costs 0.4 ms and memory that the garbage collector does not see, and a page has hundreds of
 * dates. Languages and zones come from readers, so the number kept is limited.
 */
const dateFormats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 });

/** Throws a RangeError for a language or a zone that Intl does not know. */
export function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([language, options]);
  const made = dateFormats.get(key) ?? new Intl.DateTimeFormat(language, options);
  dateFormats.set(key, made);
  return made;
}

const format = (at: Date, language: string, zone: unknown, options: Intl.DateTimeFormatOptions): string => {
  const timeZone = typeof zone === 'string' ? zone : 'UTC';
  try {
    return dateFormat(language, { ...options, timeZone }).format(at);
  } catch {
    // A language tag that Intl does not know must not stop a mail.
    return dateFormat('en-GB', { ...options, timeZone: 'UTC' }).format(at);
  }
};

/** "Monday 23 November 2026" in `language`, as the calendar stands in `zone` (IANA). */
export function dateInWords(date: Date, zone: string, language = 'en-GB'): string {
  return format(date, dayFirst(language), zone, { dateStyle: 'full' });
}

/** "23 November 2026" in `language`. */
export function dayInWords(date: Date, zone: string, language = 'en-GB'): string {
  return format(date, dayFirst(language), zone, { dateStyle: 'long' });
}

// English without a country is read everywhere: the day comes first, as in most of the world.
const dayFirst = (language: string): string => (language === 'en' ? 'en-GB' : language);

/** "23 Nov 2026" in `language`. */
export function formatDate(date: Date, zone: unknown, language = 'en-GB'): string {
  return format(date, dayFirst(language), zone, { dateStyle: 'medium' });
}

/** "Monday" in `language`: 1 is Monday, 7 Sunday. */
export function weekdayInWords(day: number, language = 'en-GB'): string {
  // 1 January 2024 was a Monday.
  return format(new Date(Date.UTC(2024, 0, day)), dayFirst(language), 'UTC', { weekday: 'long' });
}

/** "23 Nov 2026, 07:00" in `language`. */
export function momentInWords(date: Date, zone: unknown, language = 'en-GB'): string {
  return format(date, dayFirst(language), zone, { dateStyle: 'medium', timeStyle: 'short' });
}

/** "23 Nov 2026, 07:00". */
export function formatTime(date: Date, zone: unknown): string {
  return momentInWords(date, zone);
}

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** A function that says the time of day as `locale` writes it, always on a clock of 24 hours: "07:00", in French "7 h". */
export function clockFormat(timeZone: string, { locale }: { locale: string }): (at: Date) => string {
  const wall = dateFormat(locale, { ...clock, timeZone });
  if (!/^fr\b/i.test(locale)) return (at) => wall.format(at);
  return (at) => {
    const parts = new Map(wall.formatToParts(at).map(({ type, value }) => [type, value]));
    const minutes = parts.get('minute') === '00' ? '' : `\u00a0${parts.get('minute')}`;
    return `${Number(parts.get('hour'))}\u00a0h${minutes}`;
  };
}

/** "07:00", in French "7 h" and "7 h 30". */
export const clockInWords = (at: Date, timeZone: string, words: { locale: string }): string =>
  clockFormat(timeZone, words)(at);

/** 12,345 as `language` writes it. */
export function formatNumber(value: number, language = 'en-GB'): string {
  try {
    return value.toLocaleString(language);
  } catch {
    return value.toLocaleString('en-GB');
  }
}

/** The host of a site as a reader knows it: "example.org" of https://www.example.org/. */
export function hostOf(url: unknown): string | undefined {
  return typeof url === 'string' ? parseUrl(url)?.hostname.replace(/^www\./, '') : undefined;
}

const relativeFormats = new LRUCache<string, Intl.RelativeTimeFormat>({ max: 50 });

/** As dateFormat, for "5 minutes ago". `auto`: "yesterday" for "1 day ago". */
export function relativeFormat(
  language: string,
  numeric: 'always' | 'auto' = 'always',
): Intl.RelativeTimeFormat {
  const key = `${language} ${numeric}`;
  const made = relativeFormats.get(key) ?? new Intl.RelativeTimeFormat(language, { numeric });
  relativeFormats.set(key, made);
  return made;
}

/** "in 40 seconds", "in 5 minutes", "in 2 hours" in `language`. */
export function waitInWords(seconds: number, language = 'en-GB'): string {
  const words = relativeFormat(language);
  if (seconds < 90) return words.format(Math.max(1, Math.ceil(seconds)), 'second');
  if (seconds < 5400) return words.format(Math.ceil(seconds / 60), 'minute');
  return words.format(Math.ceil(seconds / 3600), 'hour');
}
