// A reader clicks the button that the confirmation mail led to. Opening the link changes nothing: mail scanners do that.
// What was asked for in one form is confirmed by one click.
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import type { Speak, Translator } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import { longestOf, mayAskAgain } from '../subscribers/time-limits.js';
import { namesOf } from '../subscribers/names.js';
import type { ReadingTime } from '../subscribers/reading.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { hashConfirmToken } from '../subscribers/tokens.js';
import { closedTo } from './who-may-join.js';
import { confirmWording, type Wording } from '../subscribers/wording.js';
import {
  confirmPending,
  confirmTogether,
  renewRequests,
  selectSubscriptionsByToken,
} from '../subscribers/confirmations.js';
import { selectAskedSince } from '../subscribers/notices.js';
import { lockSubscriberById } from '../subscribers/subscribers.js';
import { type LinkedRow, recordConsent } from '../subscribers/subscriptions.js';

/** One newsletter that a link is about. */
export interface Confirmed {
  newsletter: Newsletter;
  /** Chosen by the reader; null: the newsletter's. */
  readingTime: ReadingTime | null;
}

export type Confirmation =
  | { state: 'unknown' }
  | {
      /**
       * ready: waits for the button. confirmed: made active by this call. already: was active before; a second click
       * is no mistake. gone: the link is too old, or the request was given up or withdrawn. closed: the newsletter is
       * not for addresses at `domain`; that was said after the request.
       */
      state: 'ready' | 'confirmed' | 'already' | 'gone' | 'closed';
      email: string;
      /** Of the address, in A-labels. */
      domain: string;
      /** Those that the state is about: one at least. */
      about: [Confirmed, ...Confirmed[]];
      /** Chosen by the reader, BCP 47. */
      language: string | null;
    };

interface Deps {
  db: Db;
  now: () => Date;
}

type State = 'ready' | 'already' | 'gone' | 'closed';

function judge(row: LinkedRow, closed: ReadonlySet<string>, now: Date): State {
  const status = subscriptionStatus({ ...row, suppressed: false });
  if (status === 'active') return 'already';
  if (closed.has(row.newsletterId)) return 'closed';
  return status === 'pending' && row.tokenExpiresAt !== null && row.tokenExpiresAt > now ? 'ready' : 'gone';
}

interface Found {
  state: State;
  email: string;
  domain: string;
  about: [Confirmed, ...Confirmed[]];
  language: string | null;
  rows: LinkedRow[];
}

/** What the link is about: what waits for its button; else what is active; else what is over, or closed to the address. */
async function find(db: Db, token: string, now: Date): Promise<Found | undefined> {
  const rows = await selectSubscriptionsByToken(db, hashConfirmToken(token));
  const [carrier] = rows;
  if (!carrier) return undefined;
  const newsletterIds = rows.map(({ newsletterId }) => newsletterId);
  const closed = await closedTo(db, { ...carrier, newsletterIds });
  const states = rows.map((row) => judge(row, closed, now));
  const state = (['ready', 'already', 'gone'] as const).find((one) => states.includes(one)) ?? 'closed';
  const about: Confirmed[] = [];
  for (const [at, row] of rows.entries()) {
    const newsletter = states[at] === state ? await getNewsletter(db, row.newsletterId) : undefined;
    if (newsletter) about.push({ newsletter, readingTime: row.readingTime });
  }
  const [first, ...others] = about;
  if (!first) return undefined;
  return {
    state,
    email: carrier.address,
    domain: carrier.domain,
    about: [first, ...others],
    language: carrier.language,
    rows: rows.filter((_, at) => states[at] === state),
  };
}

const shown = ({ email, domain, about, language }: Found, state: State | 'confirmed'): Confirmation => ({
  state,
  email,
  domain,
  about,
  language,
});

/** What the button's page says, and the consent record quotes. */
export const wordingFor = (about: readonly Confirmed[], words: Translator): Wording =>
  confirmWording(
    namesOf(
      about.map(({ newsletter }) => newsletter),
      words.locale,
    ),
    words,
  );

/** What the link would do. Changes nothing. */
export async function showConfirmation(
  { db, now }: Deps,
  { token }: { token: string },
): Promise<Confirmation> {
  const found = await find(db, token, now());
  return found ? shown(found, found.state) : { state: 'unknown' };
}

interface Click {
  token: string;
  ip?: string | undefined;
  userAgent?: string | undefined;
}

/**
 * Makes the subscriptions active and records the consent. The token works once: its hash stays on the row so that a
 * second click is told "already", and a click after leaving is told that the link is used up.
 */
export async function confirm(
  { db, now }: Deps,
  { token, speak, ip, userAgent }: Click & { speak: Speak },
): Promise<Confirmation> {
  const at = now();
  return db.transaction(async (tx) => {
    const before = await find(tx, token, at);
    if (!before) return { state: 'unknown' };
    const ids = before.state === 'ready' ? before.rows.map(({ id }) => id) : [];
    const changed = await confirmPending(tx, { tokenHash: hashConfirmToken(token), ids, now: at });
    // Of two clicks at once, the second waited for the first.
    if (changed.length === 0) {
      const after = (await find(tx, token, at)) ?? before;
      return shown(after, after.state);
    }
    const { about, language: stored } = before;
    const words = speak({ stored, newsletter: about[0].newsletter.language });
    const { text, version, language } = wordingFor(about, words);
    for (const subscriptionId of changed)
      await recordConsent(tx, {
        subscriptionId,
        event: 'confirmed',
        at,
        via: 'page',
        wording: text,
        language,
        ip,
        userAgent,
        detail: { wordingVersion: version },
      });
    return shown(before, 'confirmed');
  });
}

/**
 * Asks for a fresh link, from one that is over: whoever has it has had mail at the address. As often as an address may be
 * asked; the answer does not tell. Undefined: there is no such link, or it is not over.
 */
export async function askForFreshLink(
  { db, now, enqueue, perAddress }: Deps & { enqueue: Enqueue; perAddress: readonly Allowance[] },
  { token, ip, userAgent }: Click,
): Promise<Pick<Found, 'email' | 'about' | 'language'> | undefined> {
  const at = now();
  const asked = await db.transaction(async (tx) => {
    const found = await find(tx, token, at);
    const [first] = found?.rows ?? [];
    if (!found || !first || found.state !== 'gone') return undefined;
    const { email, about, language } = found;
    const known = { email, about, language, toConfirm: undefined };
    // Locked, so that all requests for one address are judged one after the other.
    await lockSubscriberById(tx, first.subscriberId);
    const since = new Date(at.getTime() - longestOf(perAddress));
    if (first.suppressed || !mayAskAgain(perAddress, await selectAskedSince(tx, first.id, since), at))
      return known;
    const ids = await renewRequests(
      tx,
      found.rows.map(({ id }) => id),
      at,
    );
    await confirmTogether(tx, ids);
    for (const subscriptionId of ids)
      await recordConsent(tx, {
        subscriptionId,
        event: 'requested',
        at,
        via: 'page',
        ip,
        userAgent,
        detail: { freshLink: true },
      });
    return { ...known, toConfirm: ids[0] };
  });
  if (!asked) return undefined;
  const { toConfirm, ...answer } = asked;
  if (toConfirm !== undefined) await enqueue('subscriptions', { kind: 'confirm', subscriptionId: toConfirm });
  return answer;
}
