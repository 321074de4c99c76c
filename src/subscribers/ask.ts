// Asking an address to confirm: what the public form and the API's "pending" have in common.
import type { Db } from '../db.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { CustomValues } from './custom-fields.js';
import { mayAskAgain, perAddress } from './limits.js';
import { offerOf, readingTime, type Choices } from './reading.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';

export interface Ask {
  newsletter: Newsletter;
  subscriberId: string;
  choices: Choices;
  customFields: CustomValues;
  now: Date;
  consent: Pick<store.Consent, 'via' | 'wording' | 'ip' | 'userAgent' | 'detail'>;
}

/**
 * Writes the request and its consent record, and returns the subscription to confirm; undefined when there is
 * nothing to ask: the reader is active, or the address was asked often enough lately. Inside the transaction that
 * holds the subscriber's lock.
 */
export async function askToConfirm(tx: Db, ask: Ask): Promise<string | undefined> {
  const { newsletter, subscriberId, choices, customFields, now } = ask;
  const longest = Math.max(...perAddress.map(({ within }) => within));
  const { place, asked } = await store.placeOf(tx, {
    subscriberId,
    newsletterId: newsletter.id,
    since: new Date(now.getTime() - longest),
  });
  const active = place && subscriptionStatus({ ...place, suppressed: false }) === 'active';
  if (active || !mayAskAgain(asked, now)) return undefined;
  const time = readingTime(choices, offerOf(newsletter));
  const readingTimeId = time ? await store.internReadingTime(tx, newsletter.id, time) : null;
  const subscriptionId = await store.requestSubscription(tx, {
    newsletterId: newsletter.id,
    subscriberId,
    readingTimeId,
    topics: choices.topics ?? null,
    customFields,
    now,
  });
  await store.recordConsent(tx, {
    ...ask.consent,
    subscriptionId,
    event: 'requested',
    at: now,
    language: choices.language ?? newsletter.language,
  });
  return subscriptionId;
}
