// Days of statistics, in UTC: a day of the database, whichever zone the newsletter is read in. Pure.
import { day } from '../durations.js';
import type { Days } from './store.js';

/** "2026-11-29" in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

export const startOf = (text: string): Date => new Date(`${text}T00:00:00.000Z`);

export const daysLater = (text: string, days: number): string =>
  dayOf(new Date(startOf(text).getTime() + days * day));

const usual = 30;
const most = 3_660;

/** A date of the calendar, from 1970 on. */
export function isDay(text: string): boolean {
  if (!/^(?:19[7-9]|2\d\d)\d-\d\d-\d\d$/.test(text)) return false;
  const at = startOf(text);
  return !Number.isNaN(at.getTime()) && dayOf(at) === text;
}

export interface AskedDays {
  from?: string | undefined;
  to?: string | undefined;
}

/** What is wrong with days that a person or program named; undefined: nothing. */
export function wrongDays({ from, to }: AskedDays): string | undefined {
  for (const [name, text] of Object.entries({ from, to }))
    if (text !== undefined && !isDay(text)) return `${name} must be a date such as 2026-11-29.`;
  if (from === undefined || to === undefined) return undefined;
  if (from > to) return 'from must not be after to.';
  return daysLater(from, most - 1) < to ? `A period has at most ${most} days.` : undefined;
}

/** The days that are meant: `to` is today unless it is named, and `from` 29 days before. */
export function meantDays({ from, to }: AskedDays, today: string): Days {
  const last = to ?? (from !== undefined && from > today ? from : today);
  const earliest = daysLater(last, 1 - most);
  const first = from ?? daysLater(last, 1 - usual);
  return { from: first < earliest ? earliest : first, to: last };
}

/** Each of the days. */
export function everyDay({ from, to }: Days): string[] {
  const first = startOf(from).getTime();
  const count = Math.round((startOf(to).getTime() - first) / day) + 1;
  return Array.from({ length: count }, (_, at) => dayOf(new Date(first + at * day)));
}
