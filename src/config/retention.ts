// How long each kind of data is kept: RETENTION, for environment.ts. Pure.
import { day } from '../durations.js';

/** In days; null: kept for ever. */
export type Retention = Readonly<Record<RetentionKind, number | null>>;
export type RetentionKind = keyof typeof defaultRetention;

export const defaultRetention = {
  /**
   * Unconfirmed requests, counted from their expiry, and the person if nothing else refers to them. Also
   * people without any subscription, counted from when upkeep notices it: their newsletter was deleted, or
   * the API added them to none.
   */
  unconfirmed: 30,
  /**
   * Ended subscriptions with their record of consent, and the person if nothing else refers to them. Kept by
   * default: a repeated import of an old list would bring back people who left and were forgotten.
   */
  left: null,
  /**
   * IP addresses and browsers in records of consent, counted from the end of the subscription. A consent must
   * be provable while we rely on it (GDPR article 7(1)), and perhaps for three years more.
   */
  origins: 1095,
  /** Comments of readers who left. The reason that they chose is kept. */
  comments: 365,
  /** Requests to change an address. */
  addressChanges: 30,
  /** Relays' replies to each delivery: they often quote the address. */
  replies: 90,
  /** Which subscriber got which issue. The totals are kept. */
  deliveries: 730,
  /** Mails that came back, as they arrived. What they said stays with the delivery. */
  returnedMails: 14,
  /** What receivers report about the domains of newsletters. */
  domainReports: 400,
  /** Clicks of readers who agreed. Their sums are kept, and the links work for good. */
  clicks: 90,
  /** What was sent to webhooks, and the answers. */
  webhookDeliveries: 30,
  /** Errors of imports, line by line, and the file of a failed import. */
  imports: 30,
  /** The audit log of the console, the API and the command line. */
  audit: 1095,
} satisfies Readonly<Record<string, number | null>>;

const kinds = Object.keys(defaultRetention) as RetentionKind[];

/**
 * Shorter times break other parts: limits look back 30 days, and the audit log's trigger refuses less than
 * 90.
 */
const least: Partial<Record<RetentionKind, number>> = { unconfirmed: 30, audit: 90 };

const most = 36_500;

type Wrong = (variable: string, held: string, wanted: string) => never;

/** Reads "replies=30d,left=1095d,audit=off". A kind that is not named keeps its default. */
export function readRetention(text: string | undefined, wrong: Wrong): Retention {
  const retention: Record<string, number | null> = { ...defaultRetention };
  const named = new Set<string>();
  for (const part of (text ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', days] = /^\s*([A-Za-z]+)\s*=\s*(?:off|(\d{1,6})d)\s*$/.exec(part) ?? [];
    const kind = kinds.find((one) => one === name);
    if (kind === undefined)
      return wrong(
        'RETENTION',
        part.trim(),
        `kind=90d or kind=off, where kind is one of ${kinds.join(', ')}`,
      );
    if (named.has(kind)) return wrong('RETENTION', part.trim(), `one period for ${kind}, not two`);
    named.add(kind);
    const from = least[kind] ?? 1;
    if (days !== undefined && (Number(days) < from || Number(days) > most))
      return wrong('RETENTION', part.trim(), `${kind}=off, or from ${kind}=${from}d to ${kind}=${most}d`);
    retention[kind] = days === undefined ? null : Number(days);
  }
  return retention as Retention;
}

/** Upkeep deletes older data; undefined: all data is kept. */
export function cutoff(retention: Retention, kind: RetentionKind, now: Date): Date | undefined {
  const days = retention[kind];
  return days === null ? undefined : new Date(now.getTime() - days * day);
}
