// What a reader has chosen, behind the link in each of their digests. Opening the link changes nothing.
//
// The link never expires. It is as good as the mail that it is in: whoever holds it may read and change what the reader
// told us, which is why the pages are kept out of caches and indexes, and why a leaving is undone for a week only.
import type { Db } from '../db.js';
import { nextSlot } from '../newsletters/due.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import type { CustomValues } from '../subscribers/custom-fields.js';
import { lessMail, type LessMail } from '../subscribers/less-mail.js';
import { mayUndo } from '../subscribers/time-limits.js';
import { otherNewsletters, type OtherNewsletter } from './other-newsletters.js';
import { offerOf, ownTimeOf, type ReadingTime } from '../subscribers/reading.js';
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
  /** When they read: as they chose, or as the newsletter has it. */
  time: ReadingTime;
  chosen: boolean;
  /** Null: all. */
  topics: string[] | null;
  customFields: CustomValues;
  /** In the future, or null. */
  pausedUntil: Date | null;
  /** The next slot at which there may be a digest; undefined for whoever gets none. */
  next: Date | undefined;
  undoable: boolean;
  /** When they left, if they have. */
  leftAt: Date | null;
  /** BCP 47; null: the newsletter's. Of the person, and so for all their newsletters. */
  language: string | null;
  plainText: boolean;
  /** They agreed that what they open and click may be counted. */
  tracking: boolean;
  /** They want another address, and not both ends have agreed. */
  addressChange: OpenAddressChange | undefined;
  /** What they may have instead of leaving. */
  less: LessMail;
  /** What else there is to read here. */
  others: OtherNewsletter[];
}

export type FoundPreferences =
  /** unknown: we signed no such link. erased: nothing is left of the subscription. */
  { state: 'unknown' | 'erased' } | { state: 'found'; preferences: Preferences };

export interface PreferencesDeps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
}

/** The subscription that the link is about, or undefined. */
export const subscriptionOf = (secrets: Secrets, token: string): string | undefined =>
  readToken(secrets.derive('links'), 'preferences', token);

/** What the reader has chosen, and what comes next. */
export async function showPreferences(
  { db, secrets, now }: PreferencesDeps,
  { token }: { token: string },
): Promise<FoundPreferences> {
  const subscriptionId = subscriptionOf(secrets, token);
  if (subscriptionId === undefined) return { state: 'unknown' };
  const preferences = await preferencesOf(db, await selectSubscription(db, subscriptionId), now());
  return preferences ? { state: 'found', preferences } : { state: 'erased' };
}

/** The row in the reader's terms; undefined if there is none. */
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

/** The next slot after now, and not before any of `bounds`. */
function nextFor(
  { schedule }: Newsletter,
  { frequency, sendTime, weekday, timezone }: ReadingTime,
  now: Date,
  bounds: readonly (Date | null)[],
): Date | undefined {
  const weekdays = frequency === 'weekly' ? [weekday ?? schedule.weeklyDay] : schedule.weekdays;
  const after = Math.max(now.getTime(), ...bounds.map((bound) => (bound?.getTime() ?? 0) - 1));
  return nextSlot({ frequency, sendTime, weekdays, timezone }, new Date(after));
}
