// Asks addresses to confirm. The public form and the API's status "pending" both use it.
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { CustomValues } from '../subscribers/custom-fields.js';
import { longestOf, mayAskAgain, tellAgainMs } from '../subscribers/time-limits.js';
import { offerOf, readingTime, type Choices } from '../subscribers/reading.js';
import { subscriptionStatus } from '../subscribers/status.js';
import {
  type NewRequest,
  type Pair,
  confirmTogether,
  insertRequests,
  selectRequested,
} from '../subscribers/confirmations.js';
import { markToTell } from '../subscribers/notices.js';
import {
  type Consent,
  type SubscriptionState,
  internReadingTime,
  recordConsent,
} from '../subscribers/subscriptions.js';

/** One newsletter that a reader asks for, with their choices. */
export interface Wish {
  newsletter: Newsletter;
  choices: Choices;
  customFields: CustomValues;
}

/** Everything that one form asks for. It gets one mail and one confirmation. */
export interface Ask {
  subscriberId: string;
  wishes: readonly Wish[];
  /** The address is suppressed because of a bounce: active readers must confirm again. */
  bounced?: boolean;
  consent: Pick<Consent, 'via' | 'wording' | 'language' | 'ip' | 'userAgent' | 'detail'>;
}

export type Asked =
  /** The subscription that carries the confirmation for the whole form. */
  | { toConfirm: string; toTell?: undefined }
  /**
   * No confirmation is sent: the reader is active, or the address was asked often enough lately. `toTell`:
   * the active reader gets a mail saying that they are subscribed already; at most once a day.
   */
  | { toConfirm: undefined; because: 'active' | 'asked-lately'; toTell?: string | undefined };

const pairOf = (pair: Pair): string => `${pair.newsletterId} ${pair.subscriberId}`;

type Places = Map<string, { place: SubscriptionState | undefined; mailbox: string; asked: Date[] }>;

async function placesFor(tx: Db, asks: readonly Ask[], since: Date): Promise<Places> {
  const pairs = asks.flatMap(({ subscriberId, wishes }) =>
    wishes.map(({ newsletter }) => ({ newsletterId: newsletter.id, subscriberId })),
  );
  const places = await selectRequested(tx, { pairs, since });
  return new Map(
    pairs.flatMap((pair, at) => {
      const found = places[at];
      return found === undefined ? [] : [[pairOf(pair), found]];
    }),
  );
}

const isActive = (place: SubscriptionState | undefined): place is SubscriptionState =>
  place !== undefined && subscriptionStatus({ ...place, suppressed: false }) === 'active';

/**
 * Writes the requests and their consent records; returns one answer for each, in their order. The caller's
 * transaction holds the locks of the subscribers, so requests for one address are judged one after the other.
 */
export async function askToConfirm(
  tx: Db,
  { asks, now, perAddress }: { asks: readonly Ask[]; now: Date; perAddress: readonly Allowance[] },
): Promise<Asked[]> {
  const places = await placesFor(tx, asks, new Date(now.getTime() - longestOf(perAddress)));
  // By mailbox: five spellings of one address in this lot are five requests for it.
  const lately = new Map<string, Date[]>();
  const requests: (NewRequest & { ask: Ask })[] = [];
  const active = new Map<Ask, string>();
  for (const ask of asks) {
    const { subscriberId, wishes, consent, bounced = false } = ask;
    const placeOf = ({ newsletter }: Wish) =>
      places.get(pairOf({ newsletterId: newsletter.id, subscriberId }));
    const wanted = wishes.filter((wish) => bounced || !isActive(placeOf(wish)?.place));
    const twice = requests.some(
      (one) =>
        one.subscriberId === subscriberId &&
        wanted.some(({ newsletter }) => newsletter.id === one.newsletterId),
    );
    const [first] = wishes;
    const found = first && placeOf(first);
    const mailbox = found?.mailbox ?? '';
    const asked = lately.get(mailbox) ?? found?.asked ?? [];
    if (wanted.length === 0) {
      if (found?.place) active.set(ask, found.place.id);
    } else if (!twice && mayAskAgain(perAddress, asked, now)) {
      lately.set(mailbox, [...asked, now]);
      for (const { newsletter, choices, customFields } of wanted) {
        const time = readingTime(choices, offerOf(newsletter));
        requests.push({
          ask,
          newsletterId: newsletter.id,
          subscriberId,
          readingTimeId: time ? await internReadingTime(tx, newsletter.id, time) : null,
          topics: choices.topics ?? null,
          customFields,
          consent: {
            ...consent,
            language: consent.language ?? choices.language ?? newsletter.language,
            // Recorded, because these choices replace those of an earlier request.
            detail: Object.keys(choices).length === 0 ? consent.detail : { ...consent.detail, choices },
          },
        });
      }
    }
  }
  const toConfirm = await write(tx, requests, now);
  const toTell = await tell(tx, active, now);
  return asks.map((ask) => {
    const confirming = toConfirm.get(ask);
    if (confirming !== undefined) return { toConfirm: confirming };
    if (!active.has(ask)) return { toConfirm: undefined, because: 'asked-lately' };
    return { toConfirm: undefined, because: 'active', toTell: toTell.get(ask) };
  });
}

/** The subscription that carries the mail, for each request. */
async function write(
  tx: Db,
  requests: readonly (NewRequest & { ask: Ask })[],
  now: Date,
): Promise<Map<Ask, string>> {
  const written = await insertRequests(
    tx,
    requests.map(({ ask: _ask, ...request }) => request),
    now,
  );
  const idOf = new Map(written.map((row) => [pairOf(row), row.id]));
  const byAsk = new Map<Ask, string[]>();
  for (const request of requests) {
    const id = idOf.get(pairOf(request));
    if (id === undefined) throw new Error('a request was written and has no id');
    byAsk.set(request.ask, [...(byAsk.get(request.ask) ?? []), id]);
  }
  for (const ids of byAsk.values()) await confirmTogether(tx, ids);
  return new Map([...byAsk].map(([ask, [first = '']]) => [ask, first]));
}

/**
 * Marks active readers who used a form for a mail. An admin's request causes no mail: the admin sees the
 * reader.
 */
async function tell(tx: Db, active: ReadonlyMap<Ask, string>, now: Date): Promise<Map<Ask, string>> {
  const byForm = [...active].filter(([{ consent }]) => consent.via === 'form');
  const told = await markToTell(
    tx,
    byForm.map(([, id]) => id),
    { since: new Date(now.getTime() - tellAgainMs), now },
  );
  const toTell = new Map<Ask, string>();
  for (const subscriptionId of told) {
    const [ask] = byForm.find(([, id]) => id === subscriptionId) ?? [];
    if (ask === undefined) continue;
    toTell.set(ask, subscriptionId);
    await recordConsent(tx, { ...ask.consent, subscriptionId, event: 'asked-again', at: now });
  }
  return toTell;
}
