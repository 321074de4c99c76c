// When a reading time falls due. Pure.
//
// Times are wall clock in an IANA zone, computed with Temporal. A time that a clock change skips is due at
// the next valid instant; a time that happens twice is due the first time.
import { Temporal } from 'temporal-polyfill';
import { day } from '../durations.js';
import type { Schedule } from './schedule.js';

export interface ReadingTime {
  frequency: 'daily' | 'weekly';
  /** 'HH:MM' */
  sendTime: string;
  /** ISO weekdays, Monday is 1. */
  weekdays: readonly number[];
  timezone: string;
}

/** The reading time of readers who chose none. */
export function ownReadingTime(schedule: Schedule, timezone: string): ReadingTime {
  const frequency = schedule.frequencies[0] ?? 'daily';
  const weekdays = frequency === 'weekly' ? [schedule.weeklyDay] : schedule.weekdays;
  return { frequency, sendTime: schedule.sendTime, weekdays, timezone };
}

function instantOf(date: Temporal.PlainDate, time: Temporal.PlainTime, timezone: string): Temporal.Instant {
  const wanted = date.toPlainDateTime(time);
  const found = wanted.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  if (found.toPlainDateTime().equals(wanted)) return found.toInstant();
  // In a gap, 'earlier' lies before it. The next valid time is the moment of the clock change.
  return (found.getTimeZoneTransition('next') ?? found).toInstant();
}

/** The instant of "2026-11-29T07:30" on the clocks of a zone. Undefined: there is no such date or time. */
export function instantAt(wallTime: string, timezone: string): Date | undefined {
  try {
    return new Date(Temporal.PlainDateTime.from(wallTime).toZonedDateTime(timezone).epochMilliseconds);
  } catch {
    return undefined;
  }
}

/** The slots after `after` and up to `until`, oldest first. */
export function slotsBetween(reading: ReadingTime, after: Date, until: Date): Date[] {
  const time = Temporal.PlainTime.from(reading.sendTime);
  const first = Temporal.Instant.fromEpochMilliseconds(after.getTime()).toZonedDateTimeISO(reading.timezone);
  const last = Temporal.Instant.fromEpochMilliseconds(until.getTime()).toZonedDateTimeISO(reading.timezone);
  const slots: Date[] = [];
  // A day more on either side: an instant in a gap may fall on the next date.
  for (
    let date = first.toPlainDate().subtract({ days: 1 });
    Temporal.PlainDate.compare(date, last.toPlainDate()) <= 0;
    date = date.add({ days: 1 })
  ) {
    if (!reading.weekdays.includes(date.dayOfWeek)) continue;
    const slot = instantOf(date, time, reading.timezone).epochMilliseconds;
    if (slot > after.getTime() && slot <= until.getTime()) slots.push(new Date(slot));
  }
  return slots;
}

/** The instant at which the day after `at` begins in `timezone`. */
export function nextDayAfter(at: Date, timezone: string): Date {
  const today = Temporal.Instant.fromEpochMilliseconds(at.getTime())
    .toZonedDateTimeISO(timezone)
    .toPlainDate();
  return dayStart(today.add({ days: 1 }), timezone);
}

/** The instant at which `date` (2026-12-03) begins in `timezone`; undefined if there is no such date. */
export function startOfDate(date: string, timezone: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  try {
    return dayStart(Temporal.PlainDate.from(date, { overflow: 'reject' }), timezone);
  } catch {
    return undefined;
  }
}

const dayStart = (date: Temporal.PlainDate, timezone: string): Date =>
  new Date(date.toZonedDateTime(timezone).epochMilliseconds);

/** The date at `at` in `timezone`, plus `days`: 2026-12-03. */
export function dateAt(at: Date, timezone: string, days = 0): string {
  const now = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return now.toPlainDate().add({ days }).toString();
}

/** The next slot after `after`; undefined only if no weekday is set. */
export function nextSlot(reading: ReadingTime, after: Date): Date | undefined {
  const nineDays = 9 * day;
  return slotsBetween(reading, after, new Date(after.getTime() + nineDays))[0];
}
