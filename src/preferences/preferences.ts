// A reader's preferences, behind the link in each digest. Opening the link changes nothing.
//
// The link never expires, and its holder may read and change the preferences, as may anyone who gets a
// forwarded mail. So the pages stay out of caches and indexes, and a leaving can be undone for only a week.
import type { Db } from '../db.js';
import { nextSlot } from '../newsletters/due.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import type { CustomValues } from '../subscribers/custom-fields.js';
import { lessMail, type LessMail } from '../subscribers/less-mail.js';
import { mayUndo } from '../subscribers/time-limits.js';
import { otherNewsletters, type OtherNewsletter } from './other-newsletters.js';
import { offerOf, ownTimeOf, type ChosenReadingTime } from '../subscribers/reading.js';
import { subscriptionStatus, type SubscriptionStatus } from '../subscribers/status.js';
import { selectOpenAddressChange, type OpenAddressChange } from './store-address.js';
import { readToken } from '../subscribers/tokens.js';
import { mayComeBack } from '../joining/who-may-join.js';
import { type LinkedRow, selectSubscription } from '../subscribers/subscriptions.js';

export interface Preferences {
  subscriptionId: string;
  subscriberId: string;
  newsletter: Newsletter;
  email: string;
  status: SubscriptionStatus;
  /** The reader's time, or the newsletter's. */
  time: ChosenReadingTime;
  chosen: boolean;
  /** Null: all. */
  topics: string[] | null;
  customFields: CustomValues;
  /** A time in the future, or null. */
  pausedUntil: Date | null;
  /** The next slot with a possible digest; undefined for readers who get none. */
  next: Date | undefined;
  undoable: boolean;
  /** When they left; null if they have not. */
  leftAt: Date | null;
  /** BCP 47; null: the newsletter's. It belongs to the person, so it applies to all their newsletters. */
  language: string | null;
  plainText: boolean;
  /** They agreed that their clicks are counted. */
  tracking: boolean;
  /** The open wish for another address: not both ends have agreed. */
  addressChange: OpenAddressChange | undefined;
  /** The choices that the page offers instead of leaving. */
  less: LessMail;
  /** The other newsletters of this service. */
  others: OtherNewsletter[];
}

export type FoundPreferences =
  /** unknown: we did not sign this link. erased: the subscription no longer exists. */
  { state: 'unknown' | 'erased' } | { state: 'found'; preferences: Preferences };

export interface PreferencesDeps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
}

/** The subscription of the link, or undefined. */
export const subscriptionOf = (secrets: Secrets, token: string): string | undefined =>
  readToken(secrets.derive('links'), 'preferences', token);

/** The reader's preferences, and the next slot. */
export async function showPreferences(
  { db, secrets, now }: PreferencesDeps,
  { token }: { token: string },
): Promise<FoundPreferences> {
  const subscriptionId = subscriptionOf(secrets, token);
  if (subscriptionId === undefined) return { state: 'unknown' };
  const preferences = await preferencesOf(db, await selectSubscription(db, subscriptionId), now());
  return preferences ? { state: 'found', preferences } : { state: 'erased' };
}

/** The preferences that the row stores; undefined without a row. */
export async function preferencesOf(
  db: Db,
  row: LinkedRow | undefined,
  now: Date,
): Promise<Preferences | undefined> {
  const newsletter = row && (await getNewsletter(db, row.newsletterId));
  if (!row || !newsletter) return undefined;
  const status = subscriptionStatus(row);
  const time = row.readingTime ?? ownTimeOf(offerOf(newsletter));
  const pausedUntil = row.pausedUntil !== null && row.pausedUntil > now ? row.pausedUntil : null;
  return {
    subscriptionId: row.id,
    subscriberId: row.subscriberId,
    newsletter,
    email: row.address,
    status,
    time,
    chosen: row.readingTime !== null,
    topics: row.topics,
    customFields: row.customFields,
    pausedUntil,
    next: status === 'active' ? nextFor(newsletter, time, now, [pausedUntil, row.notBefore]) : undefined,
    undoable: mayUndo(row, now) && (await mayComeBack(db, row)),
    leftAt: row.unsubscribedAt,
    language: row.language,
    plainText: row.plainText,
    tracking: row.trackingAgreedAt !== null,
    addressChange: await selectOpenAddressChange(db, row.subscriberId, now),
    less: lessMail(newsletter, time, { pausedUntil, now }),
    others: await otherNewsletters(db, row),
  };
}

/** The next slot after now and after all `bounds`. Undefined: none is known. */
function nextFor(
  { schedule }: Newsletter,
  { frequency, sendTime, weekday, timezone }: ChosenReadingTime,
  now: Date,
  bounds: readonly (Date | null)[],
): Date | undefined {
  if (schedule.paused) return undefined;
  const weekdays = frequency === 'weekly' ? [weekday ?? schedule.weeklyDay] : schedule.weekdays;
  const after = Math.max(now.getTime(), ...bounds.map((bound) => (bound?.getTime() ?? 0) - 1));
  return nextSlot({ frequency, sendTime, weekdays, timezone }, new Date(after));
}
