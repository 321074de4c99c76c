// A reader clicks the button that the confirmation mail led to. Opening the link changes nothing: mail scanners do that.
// What was asked for in one form is confirmed by one click.
import type { Allowance } from '../config-limits.js';
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Enqueue } from '../queues.js';
import { longestOf, mayAskAgain } from './limits.js';
import { namesOf } from './names.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';
import { lockSubscriberById } from './store-admin.js';
import {
  askAgain as askRowsAgain,
  askedSince,
  confirmPending,
  confirmTogether,
  subscriptionsByToken,
} from './store-confirming.js';
import { hashConfirmToken } from './tokens.js';
import { confirmWording } from './wording.js';

/** One newsletter that a link is about. */
export interface Confirmed {
  newsletter: Newsletter;
  /** "Every weekday at 07:00, Berlin time", as this reader will get it. */
  when: string;
}

export type Confirmation =
  | { state: 'unknown' }
  | {
      /**
       * ready: waits for the button. confirmed: made active by this call. already: was active before; a second click
       * is no mistake. gone: the link is too old, or the request was given up or withdrawn.
       */
      state: 'ready' | 'confirmed' | 'already' | 'gone';
      email: string;
      /** Those that the state is about: one at least. */
      about: [Confirmed, ...Confirmed[]];
      /** What the button's page says, and the consent record quotes. */
      wording: string;
    };

interface Deps {
  db: Db;
  now: () => Date;
}

type State = 'ready' | 'already' | 'gone';

function judge(row: store.LinkedRow, now: Date): State {
  const status = subscriptionStatus({ ...row, suppressed: false });
  if (status === 'active') return 'already';
  return status === 'pending' && row.tokenExpiresAt !== null && row.tokenExpiresAt > now ? 'ready' : 'gone';
}

function whenInWords({ schedule, timezone }: Newsletter, own: store.LinkedRow['readingTime']): string {
  if (own === null) return scheduleInWords(schedule, timezone);
  const { frequency, sendTime, weekday } = own;
  return scheduleInWords(
    { ...schedule, frequencies: [frequency], sendTime, weeklyDay: weekday ?? schedule.weeklyDay },
    own.timezone,
  );
}

interface Found {
  state: State;
  email: string;
  about: [Confirmed, ...Confirmed[]];
  wording: string;
  wordingVersion: string;
  rows: store.LinkedRow[];
}

/** What the link is about: what waits for its button; else what is active; else what is over. */
async function find(db: Db, token: string, now: Date): Promise<Found | undefined> {
  const rows = await subscriptionsByToken(db, hashConfirmToken(token));
  const states = rows.map((row) => judge(row, now));
  const state = (['ready', 'already'] as const).find((one) => states.includes(one)) ?? 'gone';
  const about: Confirmed[] = [];
  for (const [at, row] of rows.entries()) {
    const newsletter = states[at] === state ? await getNewsletter(db, row.newsletterId) : undefined;
    if (newsletter) about.push({ newsletter, when: whenInWords(newsletter, row.readingTime) });
  }
  const [first, ...others] = about;
  if (!first || !rows[0]) return undefined;
  const names = namesOf(
    about.map(({ newsletter }) => newsletter),
    'en',
  );
  const wording = confirmWording(names);
  return {
    state,
    email: rows[0].address,
    about: [first, ...others],
    wording: wording.text,
    wordingVersion: wording.version,
    rows: rows.filter((_, at) => states[at] === state),
  };
}

const shown = ({ email, about, wording }: Found, state: State | 'confirmed'): Confirmation => ({
  state,
  email,
  about,
  wording,
});

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
export async function confirm({ db, now }: Deps, { token, ip, userAgent }: Click): Promise<Confirmation> {
  const at = now();
  return db.transaction(async (tx) => {
    const before = await find(tx, token, at);
    if (!before) return { state: 'unknown' };
    const changed = await confirmPending(tx, hashConfirmToken(token), at);
    // Of two clicks at once, the second waited for the first.
    if (changed.length === 0) {
      const after = (await find(tx, token, at)) ?? before;
      return shown(after, after.state);
    }
    for (const subscriptionId of changed)
      await store.recordConsent(tx, {
        subscriptionId,
        event: 'confirmed',
        at,
        via: 'page',
        wording: before.wording,
        language: before.about[0].newsletter.language,
        ip,
        userAgent,
        detail: { wordingVersion: before.wordingVersion },
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
): Promise<{ email: string; about: Found['about'] } | undefined> {
  const at = now();
  const asked = await db.transaction(async (tx) => {
    const found = await find(tx, token, at);
    const [first] = found?.rows ?? [];
    if (!found || !first || found.state !== 'gone') return undefined;
    const { email, about } = found;
    const known = { email, about, toConfirm: undefined };
    // Locked, so that all requests for one address are judged one after the other.
    await lockSubscriberById(tx, first.subscriberId);
    const since = new Date(at.getTime() - longestOf(perAddress));
    if (first.suppressed || !mayAskAgain(perAddress, await askedSince(tx, first.id, since), at)) return known;
    const ids = await askRowsAgain(
      tx,
      found.rows.map(({ id }) => id),
      at,
    );
    await confirmTogether(tx, ids);
    for (const subscriptionId of ids)
      await store.recordConsent(tx, {
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
