// The other newsletters of this service: a reader joins and leaves them on the preferences page of one.
//
// Joining needs no second confirmation. The address was confirmed, and the holder of the link has read mail
// there. The consent record says on whose page it was, and which wording stood there.
import type { Db } from '../db.js';
import type { Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { closedTo } from '../joining/who-may-join.js';
import { joinWording } from '../subscribers/wording.js';
import {
  type Consent,
  endSubscription,
  insertJoined,
  recordConsent,
  selectSubscriptionsOf,
} from '../subscribers/subscriptions.js';

export interface OtherNewsletter {
  newsletter: Newsletter;
  /** The reader's active subscription; undefined: they may join. */
  subscriptionId: string | undefined;
}

/**
 * The newsletters that the reader has, and the listed ones that admit the reader's domain, by name. Without
 * that of `row`.
 */
export async function otherNewsletters(
  db: Db,
  row: { newsletterId: string; subscriberId: string; domain: string },
): Promise<OtherNewsletter[]> {
  const newsletters = await listNewsletters(db);
  const places = await selectSubscriptionsOf(db, row.subscriberId);
  const active = new Map(
    places
      .filter((place) => subscriptionStatus({ ...place, suppressed: false }) === 'active')
      .map((place) => [place.newsletterId, place.id]),
  );
  const others = newsletters.filter(({ id }) => id !== row.newsletterId);
  const closed = await closedTo(db, { ...row, newsletterIds: others.map(({ id }) => id) });
  return others
    .filter(({ id, listed }) => active.has(id) || (listed && !closed.has(id)))
    .map((newsletter) => ({ newsletter, subscriptionId: active.get(newsletter.id) }))
    .toSorted((a, b) => a.newsletter.name.localeCompare(b.newsletter.name));
}

type Recorded = Pick<Consent, 'at' | 'via' | 'ip' | 'userAgent'>;

/** Joins `other`; false if the subscriber reads it already or is suppressed. */
export async function joinOther(
  tx: Db,
  asked: {
    other: Newsletter;
    subscriberId: string;
    onPageOf: Newsletter;
    words: Translator;
    recorded: Recorded;
  },
): Promise<boolean> {
  const { other, subscriberId, onPageOf, words, recorded } = asked;
  const subscriptionId = await insertJoined(tx, { newsletterId: other.id, subscriberId, now: recorded.at });
  if (subscriptionId === undefined) return false;
  const { text, version, language } = joinWording(other.name, words);
  await recordConsent(tx, {
    ...recorded,
    subscriptionId,
    event: 'confirmed',
    wording: text,
    language,
    detail: { joinedOnPageOf: onPageOf.slug, wordingVersion: version },
  });
  return true;
}

/** Ends the subscription to another newsletter; false if there was none. */
export async function leaveOther(
  tx: Db,
  asked: { subscriptionId: string; onPageOf: Newsletter; recorded: Recorded },
): Promise<boolean> {
  const { subscriptionId, onPageOf, recorded } = asked;
  const left = await endSubscription(tx, subscriptionId, recorded.at);
  if (left)
    await recordConsent(tx, {
      ...recorded,
      subscriptionId,
      event: 'unsubscribed',
      detail: { onPageOf: onPageOf.slug },
    });
  return left;
}
