// An instant as a person says it: the day, the time, and how far away it is. Pure.
//
// A page says an instant in one of four ways, always in the one zone that it names:
//
// - whenInWords, in a sentence that needs no preposition: "The next issue goes out tomorrow at 07:00"
// - instantParts, in a list: "yesterday 07:00, 13 h ago"
// - dayParts, in a list where the time of day matters to nobody: "yesterday"
// - momentInSentence, after a preposition: "paused until 3 Dec 2026, 07:00 (in 4 days)"
//
// Mails, the API and the CLI are read at another time than they are written, so they name the date and UTC (utcTimes).
import { day, hour, minute } from '../durations.js';
import type { Translator } from '../languages/translate.js';
import { clockFormat, clockInWords, dateFormat, formatDate, relativeFormat } from './words.js';

type Words = Pick<Translator, 't' | 'locale'>;

/** What a page knows about time. */
export interface PageClock {
  now: Date;
  /** IANA. The page names it once. */
  zone: string;
}

/** A translator that also says an instant in a sentence, as its place needs it. */
export interface TimeWords extends Translator {
  time(at: Date): string;
}

/** Beyond this many days a weekday is ambiguous, and a date takes over. */
const namedDays = 6;

/** What the instants of one page share. A list has hundreds, so each costs two formats of Intl and no message. */
interface Shared {
  /** Midnight of the calendar's day, as if in UTC: no day is shorter there. */
  dayOf: (at: Date) => number;
  today: number;
  clock: (at: Date) => string;
  comma: string;
  /** The words around the time, and the date, by the days from today. */
  near: Map<number, { before: string; after: string; date: string }>;
  distances: Map<string, string>;
}

const sharedOf = new WeakMap<PageClock, Map<string, Shared>>();

function share({ now, zone }: PageClock, words: Words): Shared {
  const days = dateFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  const dayOf = (at: Date): number => Date.parse(days.format(at));
  return {
    dayOf,
    today: dayOf(now),
    clock: clockFormat(zone, words),
    comma: words.t('when.comma'),
    near: new Map(),
    distances: new Map(),
  };
}

function shared(page: PageClock, words: Words): Shared {
  const byLocale = sharedOf.get(page) ?? new Map<string, Shared>();
  const known = byLocale.get(words.locale) ?? share(page, words);
  byLocale.set(words.locale, known);
  sharedOf.set(page, byLocale);
  return known;
}

/** How many days of the calendar in the clock's zone lie between: 1 is tomorrow, -1 yesterday. */
function daysAway(at: Date, clock: PageClock, words: Words): number {
  const days = (at.getTime() - clock.now.getTime()) / day;
  // A day of a calendar has 23 hours at least: this far away the exact number does not matter.
  if (Math.abs(days) > namedDays + 2) return Math.round(days);
  const { dayOf, today } = shared(clock, words);
  return Math.round((dayOf(at) - today) / day);
}

/** "today at 19:00", "tomorrow at 07:00", "on Monday at 07:00", "on 3 Dec 2026 at 07:00". */
export function whenInWords(at: Date, clock: PageClock, words: Words): string {
  const { t, locale } = words;
  const { zone } = clock;
  const time = clockInWords(at, zone, words);
  const days = daysAway(at, clock, words);
  if (days === 0) return t('when.today', { time });
  if (days === 1) return t('when.tomorrow', { time });
  if (days === -1) return t('when.yesterday', { time });
  if (days < 2 || days > namedDays) return t('when.onDate', { date: formatDate(at, zone, locale), time });
  return t('when.onDay', { day: weekday(at, clock, locale), time });
}

const weekday = (at: Date, { zone }: PageClock, locale: string): string =>
  dateFormat(locale, { timeZone: zone, weekday: 'long' }).format(at);

/** The unit that says a distance best, and how many of it. Negative: in the past. */
function measure(far: number): [unit: 'minute' | 'hour' | 'day' | 'month' | 'year', count: number] {
  const size = Math.abs(far);
  // Rounded without the sign: Math.round(-1.5) is -1.
  const count = (length: number): number => Math.sign(far) * Math.round(size / length);
  if (size < minute) return ['minute', 0];
  if (size < 90 * minute) return ['minute', count(minute)];
  if (size < 48 * hour) return ['hour', count(hour)];
  if (size < 60 * day) return ['day', count(day)];
  return size < 730 * day ? ['month', count(30.44 * day)] : ['year', count(365.25 * day)];
}

/** "in 13 h", "in 25 min", "in 3 days", "5 min ago", "just now", "2 months ago". */
export function distanceInWords(at: Date, now: Date, words: Words): string {
  const far = at.getTime() - now.getTime();
  return sayDistance(...measure(far), far <= 0, words);
}

function sayDistance(
  unit: ReturnType<typeof measure>[0],
  signed: number,
  isPast: boolean,
  { t, locale }: Words,
): string {
  const count = Math.abs(signed);
  if (count === 0) return isPast ? t('when.justNow') : t('when.now');
  if (unit === 'minute') return isPast ? t('when.minutesAgo', { count }) : t('when.inMinutes', { count });
  if (unit === 'hour') return isPast ? t('when.hoursAgo', { count }) : t('when.inHours', { count });
  if (unit === 'day') return isPast ? t('when.daysAgo', { count }) : t('when.inDays', { count });
  return relativeFormat(locale).format(signed, unit);
}

/** The same, said once for all instants of a page that are as far away. */
function distanceOnPage(at: Date, clock: PageClock, words: Words): string {
  const far = at.getTime() - clock.now.getTime();
  const [unit, count] = measure(far);
  const { distances } = shared(clock, words);
  const key = `${unit} ${count} ${far <= 0}`;
  const said = distances.get(key) ?? sayDistance(unit, count, far <= 0, words);
  distances.set(key, said);
  return said;
}

/** An instant in a list. */
export interface InstantParts {
  /** "yesterday 07:00", or the date. */
  words: string;
  /** "13 h ago". Undefined: the date alone says it better. */
  distance: string | undefined;
  /** The comma of the language, between the words and the distance. */
  comma: string;
  /** What the words leave out: the date of a near instant, the distance of a far one. */
  title: string;
}

/** "yesterday 07:00" and "13 h ago"; "3 Nov 2026, 07:00" beyond six days. */
export function instantParts(at: Date, clock: PageClock, words: Words): InstantParts {
  const days = daysAway(at, clock, words);
  const { comma, clock: clockTime } = shared(clock, words);
  const time = clockTime(at);
  const distance = distanceOnPage(at, clock, words);
  if (Math.abs(days) > namedDays) {
    const date = formatDate(at, clock.zone, words.locale);
    return { words: `${date}${comma} ${time}`, distance: undefined, comma, title: distance };
  }
  const { before, after, date } = nearDay(days, { at, clock, words });
  return { words: `${before}${time}${after}`, distance, comma, title: `${date}${comma} ${time}` };
}

/** A day near today, said once for all its instants. */
function nearDay(
  days: number,
  { at, clock, words }: { at: Date; clock: PageClock; words: Words },
): { before: string; after: string; date: string } {
  const { near } = shared(clock, words);
  const known = near.get(days);
  if (known !== undefined) return known;
  const [before = '', after = ''] = shortDay(days, { at, clock, words }).split(timeHere);
  const made = { before, after, date: formatDate(at, clock.zone, words.locale) };
  near.set(days, made);
  return made;
}

/** Where the time of day goes in a message. A message holds no control characters. */
const timeHere = '\u0001';

function shortDay(
  days: number,
  { at, clock, words: { t, locale } }: { at: Date; clock: PageClock; words: Words },
): string {
  const time = timeHere;
  if (days === 0) return t('when.shortToday', { time });
  if (days === 1) return t('when.shortTomorrow', { time });
  if (days === -1) return t('when.shortYesterday', { time });
  return t('when.shortDay', { day: weekday(at, clock, locale), time });
}

/** The day alone: "today", "yesterday", "3 days ago"; "3 Nov 2026" beyond six days. */
export function dayParts(at: Date, clock: PageClock, words: Words): InstantParts {
  const days = daysAway(at, clock, words);
  const isNear = Math.abs(days) <= namedDays;
  return {
    words: isNear
      ? relativeFormat(words.locale, 'auto').format(days, 'day')
      : formatDate(at, clock.zone, words.locale),
    distance: undefined,
    comma: '',
    title: isNear ? momentOf(at, clock.zone, words) : distanceOnPage(at, clock, words),
  };
}

/** "29 Nov 2026, 07:00". */
const momentOf = (at: Date, zone: string, words: Words): string =>
  `${formatDate(at, zone, words.locale)}${words.t('when.comma')} ${clockInWords(at, zone, words)}`;

/** "29 Nov 2026, 07:00 (13 h ago)"; without the distance beyond six days. */
export function momentInSentence(at: Date, clock: PageClock, words: Words): string {
  const moment = momentOf(at, clock.zone, words);
  if (Math.abs(daysAway(at, clock, words)) > namedDays) return moment;
  return words.t('when.momentAndDistance', { moment, distance: distanceInWords(at, clock.now, words) });
}

/** For the sentences of a page, which names its zone itself. */
export const pageTimes = (words: Translator, clock: PageClock): TimeWords => ({
  ...words,
  time: (at) => momentInSentence(at, clock, words),
});

/** For sentences that stand alone or are read later: "29 Nov 2026, 07:00 UTC". */
export const utcTimes = (words: Translator): TimeWords => ({
  ...words,
  time: (at) => `${momentOf(at, 'UTC', words)} UTC`,
});

/** "Times are in Berlin time." */
export const zoneInWords = (zone: string, { t, city }: Pick<Translator, 't' | 'city'>): string => {
  const name = city(zone);
  return name === 'UTC' ? t('when.timesInUtc') : t('when.timesIn', { city: name });
};
