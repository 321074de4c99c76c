// Asking addresses to confirm: what the public form and the API's "pending" have in common.
import type { Allowance } from '../config-limits.js';
import type { Db } from '../db.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { CustomValues } from './custom-fields.js';
import { longestOf, mayAskAgain } from './limits.js';
import { offerOf, readingTime, type Choices } from './reading.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';

export interface Ask {
  newsletter: Newsletter;
  subscriberId: string;
  choices: Choices;
  customFields: CustomValues;
  consent: Pick<store.Consent, 'via' | 'wording' | 'ip' | 'userAgent' | 'detail'>;
}

export type Asked =
  /** The subscription to send a confirmation for. */
  | { toConfirm: string }
  /** Nothing to ask: the reader is active, or the address was asked often enough lately. */
  | { toConfirm: undefined; because: 'active' | 'asked-lately' };

const pairOf = (newsletterId: string, subscriberId: string): string => `${newsletterId} ${subscriberId}`;

/**
 * Writes the requests and their consent records; one answer for each, in their order. Inside the transaction that holds
 * the locks of the subscribers, so that all requests for one address are judged one after the other.
 */
export async function askToConfirm(
  tx: Db,
  { asks, now, perAddress }: { asks: readonly Ask[]; now: Date; perAddress: readonly Allowance[] },
): Promise<Asked[]> {
  const places = await store.placesOf(tx, {
    pairs: asks.map(({ newsletter, subscriberId }) => ({ newsletterId: newsletter.id, subscriberId })),
    since: new Date(now.getTime() - longestOf(perAddress)),
  });
  const lately = new Map(places.map(({ subscriberId, asked }) => [subscriberId, asked]));
  const refusals = new Map<Ask, 'active' | 'asked-lately'>();
  const requests: store.NewRequest[] = [];
  for (const [at, ask] of asks.entries()) {
    const { newsletter, subscriberId, choices, customFields, consent } = ask;
    const place = places[at]?.place;
    const asked = lately.get(subscriberId) ?? [];
    const twice = requests.some(
      (one) => one.newsletterId === newsletter.id && one.subscriberId === subscriberId,
    );
    if (place && subscriptionStatus({ ...place, suppressed: false }) === 'active')
      refusals.set(ask, 'active');
    else if (twice || !mayAskAgain(perAddress, asked, now)) refusals.set(ask, 'asked-lately');
    else {
      lately.set(subscriberId, [...asked, now]);
      const time = readingTime(choices, offerOf(newsletter));
      requests.push({
        newsletterId: newsletter.id,
        subscriberId,
        readingTimeId: time ? await store.internReadingTime(tx, newsletter.id, time) : null,
        topics: choices.topics ?? null,
        customFields,
        consent: { ...consent, language: choices.language ?? newsletter.language },
      });
    }
  }
  const ids = await store.requestSubscriptions(tx, requests, now);
  const idOf = new Map(
    ids.map(({ newsletterId, subscriberId, id }) => [pairOf(newsletterId, subscriberId), id]),
  );
  return asks.map((ask) => {
    const because = refusals.get(ask);
    if (because !== undefined) return { toConfirm: undefined, because };
    const toConfirm = idOf.get(pairOf(ask.newsletter.id, ask.subscriberId));
    if (toConfirm === undefined) throw new Error('a request was written and has no id');
    return { toConfirm };
  });
}
