// A reader presses the button behind the link in a confirmation mail. Opening the link changes nothing,
// because mail scanners open links. One click confirms everything that one form asked for.
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import type { Speak, Translator } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import { longestOf, mayAskAgain } from '../subscribers/time-limits.js';
import { namesOf } from '../subscribers/names.js';
import type { ChosenReadingTime } from '../subscribers/reading.js';
import { liftBounce } from '../subscribers/suppressions.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { hashConfirmToken } from '../subscribers/tokens.js';
import { linkOrigins } from '../telemetry/origins.js';
import { closedTo } from './who-may-join.js';
import { confirmWording, type Wording } from '../subscribers/wording.js';
import {
  confirmPending,
  confirmTogether,
  renewRequests,
  selectSubscriptionsByToken,
} from '../subscribers/confirmations.js';
import { markToWelcome, selectAskedSince } from '../subscribers/notices.js';
import { lockSubscriberById } from '../subscribers/subscribers.js';
import { type LinkedRow, recordConsent } from '../subscribers/subscriptions.js';

/** One newsletter of a link. */
export interface Confirmed {
  newsletter: Newsletter;
  /** The reader's choice; null: the newsletter's time. */
  readingTime: ChosenReadingTime | null;
}

export type Confirmation =
  | { state: 'unknown' }
  | {
      /**
       * ready: waits for the button.
       * confirmed: this click made it active.
       * already: it was active before. A second click is no mistake.
       * gone: the link is too old, or the request expired or was withdrawn.
       * closed: a domain rule, made after the request, excludes addresses at `domain`.
       */
      state: 'ready' | 'confirmed' | 'already' | 'gone' | 'closed';
      email: string;
      /** The domain of the address, in A-labels. */
      domain: string;
      /** The newsletters in this state; at least one. */
      about: [Confirmed, ...Confirmed[]];
      /** The reader's choice, BCP 47. */
      language: string | null;
    };

interface Deps {
  db: Db;
  now: () => Date;
}

type State = 'ready' | 'already' | 'gone' | 'closed';

function judge(row: LinkedRow, closed: ReadonlySet<string>, now: Date): State {
  const status = subscriptionStatus({ ...row, suppressed: false });
  const asksAgain = row.askedAgainAt !== null;
  if (status === 'active' && !asksAgain) return 'already';
  if (closed.has(row.newsletterId)) return 'closed';
  return (status === 'pending' || asksAgain) && row.tokenExpiresAt !== null && row.tokenExpiresAt > now
    ? 'ready'
    : 'gone';
}

interface Found {
  state: State;
  email: string;
  domain: string;
  about: [Confirmed, ...Confirmed[]];
  language: string | null;
  rows: LinkedRow[];
}

/**
 * Finds the subscriptions of a link. Those that wait for the button come first, then active ones, then those
 * that are over, then those that are closed to the address.
 */
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

/** The wording that the page shows and the consent record quotes. */
export const wordingFor = (about: readonly Confirmed[], words: Translator): Wording =>
  confirmWording(
    namesOf(
      about.map(({ newsletter }) => newsletter),
      words.locale,
    ),
    words,
  );

/** Shows what the link would do. Changes nothing. */
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
 * Makes the subscriptions active and records the consent. A suppression by a bounce ends. First confirmations get the
 * newsletter's welcome mail. The token works once. Its hash stays on the row, so that a second click is answered with "already", and a click after leaving with "gone".
 */
export async function confirm(
  { db, now, enqueue }: Deps & { enqueue: Enqueue },
  { token, speak, ip, userAgent }: Click & { speak: Speak },
): Promise<Confirmation> {
  const at = now();
  const done = await db.transaction(async (tx) => {
    const before = await find(tx, token, at);
    if (!before) return { changed: [], welcomed: [], confirmation: { state: 'unknown' as const } };
    const ids = before.state === 'ready' ? before.rows.map(({ id }) => id) : [];
    const changed = await confirmPending(tx, { tokenHash: hashConfirmToken(token), ids, now: at });
    // Another click came first: this one waited for its commit.
    if (changed.length === 0) {
      const after = (await find(tx, token, at)) ?? before;
      return { changed, welcomed: [], confirmation: shown(after, after.state) };
    }
    // The mail has arrived, so a bounce says nothing any more. Other suppressions stay.
    const lifted = await liftBounce(tx, before.rows[0]?.subscriberId);
    const { about, language: stored } = before;
    const words = speak({ stored, newsletter: about[0].newsletter.language });
    const { text, version, language } = wordingFor(about, words);
    const welcomed = await markToWelcome(tx, welcoming(before, changed), at);
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
        detail: { wordingVersion: version, ...(lifted ? { liftedSuppression: 'bounce' } : {}) },
      });
    return { changed, welcomed, confirmation: shown(before, 'confirmed') };
  });
  await linkOrigins({ db }, 'subscription', done.changed);
  // If the queue is down, the sweep finds the rows.
  await Promise.all(
    done.welcomed.map((subscriptionId) => enqueue('subscriptions', { kind: 'welcome', subscriptionId })),
  );
  return done.confirmation;
}

/** The subscriptions among `ids` whose newsletter has a welcome mail. */
function welcoming({ rows, about }: Found, ids: readonly string[]): string[] {
  const theirs = new Set(
    about.filter(({ newsletter }) => newsletter.welcomeMail.enabled).map(({ newsletter }) => newsletter.id),
  );
  return rows.filter((row) => ids.includes(row.id) && theirs.has(row.newsletterId)).map(({ id }) => id);
}

/**
 * Sends a fresh link in place of one that is over. Its holder has received mail at the address. The limits
 * for an address apply, and the answer does not reveal them. Undefined: there is no such link, or it is not
 * over.
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
    // The lock makes requests for one address wait for each other.
    await lockSubscriberById(tx, first.subscriberId);
    const since = new Date(at.getTime() - longestOf(perAddress));
    if (
      (first.suppressed && !first.bounced) ||
      !mayAskAgain(perAddress, await selectAskedSince(tx, first.id, since), at)
    )
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
