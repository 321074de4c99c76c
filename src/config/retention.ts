// How long what is kept, in days: the figures of RETENTION, read by environment.ts. Pure.
import { day } from '../durations.js';

/** Days, or null: kept as long as there is a database. */
export type Retention = Readonly<Record<RetentionKind, number | null>>;
export type RetentionKind = keyof typeof defaultRetention;

export const defaultRetention = {
  /**
   * Requests that nobody confirmed, from their expiry: the person, if there is nothing else of them. And people without any
   * subscription, from when that is noticed: their newsletter was deleted, or the API added them to none.
   */
  unconfirmed: 30,
  /**
   * Subscriptions that were ended, with their record of consent: the person, if there is nothing else of them. Kept unless
   * asked for: an old list that is imported again would bring back whoever nothing is known of.
   */
  left: null,
  /**
   * IP addresses and browsers in records of consent, from the end of the subscription: a consent has to be proven for as
   * long as it is relied on (GDPR article 7(1)), and may have to be for three years more.
   */
  origins: 1095,
  /** What readers wrote when they left. The reason that they chose stays. */
  comments: 365,
  /** Wishes for another address. */
  addressChanges: 30,
  /** What relays said of each delivery: they like to quote the address. */
  replies: 90,
  /** Who got which issue; the sums of the issue stay. */
  deliveries: 730,
  /** What was wrong with imports, line by line, and the file of one that failed. */
  imports: 30,
  /** Who did what in the console, the API and on the command line. */
  audit: 1095,
} satisfies Readonly<Record<string, number | null>>;

const kinds = Object.keys(defaultRetention) as RetentionKind[];

/** Less would break what relies on it: limits look back 30 days, and the audit log refuses to forget sooner than 90. */
const least: Partial<Record<RetentionKind, number>> = { unconfirmed: 30, audit: 90 };

const most = 36_500;

type Wrong = (variable: string, held: string, wanted: string) => never;

/** Reads "replies=30d,left=1095d,audit=off"; what is not named has its default. */
export function readRetention(text: string | undefined, wrong: Wrong): Retention {
  const retention: Record<string, number | null> = { ...defaultRetention };
  for (const part of (text ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', days] = /^\s*([A-Za-z]+)\s*=\s*(?:off|(\d{1,6})d)\s*$/.exec(part) ?? [];
    const kind = kinds.find((one) => one === name);
    if (kind === undefined)
      return wrong('RETENTION', part.trim(), `kind=90d or kind=off, of the kinds ${kinds.join(', ')}`);
    const from = least[kind] ?? 1;
    if (days !== undefined && (Number(days) < from || Number(days) > most))
      return wrong('RETENTION', part.trim(), `${kind} to be off, or from ${from}d to ${most}d`);
    retention[kind] = days === undefined ? null : Number(days);
  }
  return retention as Retention;
}

/** What is older is forgotten; undefined: nothing is. */
export function cutoff(retention: Retention, kind: RetentionKind, now: Date): Date | undefined {
  const days = retention[kind];
  return days === null ? undefined : new Date(now.getTime() - days * day);
}
