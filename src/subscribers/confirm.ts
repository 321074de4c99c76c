// A reader clicks the button that the confirmation mail led to. Opening the link changes nothing: mail scanners do that.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';
import { hashConfirmToken } from './tokens.js';
import { confirmWording } from './wording.js';

export type Confirmation =
  | { state: 'unknown' }
  | {
      /**
       * ready: waits for the button. confirmed: made active by this call. already: was active before; a second click
       * is no mistake. gone: the link is too old, or the request was given up or withdrawn.
       */
      state: 'ready' | 'confirmed' | 'already' | 'gone';
      newsletter: Newsletter;
      email: string;
      /** "Every weekday at 07:00, Berlin time", as this reader will get it. */
      when: string;
      /** What the button's page says, and the consent record quotes. */
      wording: string;
    };

interface Deps {
  db: Db;
  now: () => Date;
}

function judge(row: store.LinkedRow, now: Date): 'ready' | 'already' | 'gone' {
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

async function find(db: Db, token: string, now: Date) {
  const row = await store.subscriptionByToken(db, hashConfirmToken(token));
  const newsletter = row && (await getNewsletter(db, row.newsletterId));
  if (!row || !newsletter) return undefined;
  const when = whenInWords(newsletter, row.readingTime);
  const wording = confirmWording(newsletter.name);
  return {
    state: judge(row, now),
    newsletter,
    email: row.address,
    when,
    wording: wording.text,
    wordingVersion: wording.version,
    subscriptionId: row.id,
  };
}

/** What the link would do. Changes nothing. */
export async function showConfirmation(
  { db, now }: Deps,
  { token }: { token: string },
): Promise<Confirmation> {
  return (await find(db, token, now())) ?? { state: 'unknown' };
}

/**
 * Makes the subscription active and records the consent. The token works once: its hash stays on the row so that a
 * second click is told "already", and a click after leaving is told that the link is used up.
 */
export async function confirm(
  { db, now }: Deps,
  { token, ip, userAgent }: { token: string; ip?: string | undefined; userAgent?: string | undefined },
): Promise<Confirmation> {
  const at = now();
  return db.transaction(async (tx) => {
    const changed = await store.confirmPending(tx, hashConfirmToken(token), at);
    const found = await find(tx, token, at);
    if (!found) return { state: 'unknown' };
    if (!changed) return found;
    await store.recordConsent(tx, {
      subscriptionId: found.subscriptionId,
      event: 'confirmed',
      at,
      via: 'page',
      wording: found.wording,
      language: found.newsletter.language,
      ip,
      userAgent,
      detail: { wordingVersion: found.wordingVersion },
    });
    return { ...found, state: 'confirmed' };
  });
}
