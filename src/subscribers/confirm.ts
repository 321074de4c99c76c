// A reader clicks the button that the confirmation mail led to. Opening the link changes nothing: mail scanners do that.
import type { Db } from '../db.js';
import { confirmationLinkMs } from './limits.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';
import { hashConfirmToken } from './tokens.js';
import { confirmWording } from './wording.js';

export type ConfirmState =
  /** Waiting for the button. */
  | 'ready'
  /** Made active by this call. */
  | 'confirmed'
  /** Was active before; a second click is no mistake. */
  | 'already'
  /** The link is too old, or the request was given up or withdrawn. */
  | 'gone'
  | 'unknown';

export interface Confirmation {
  state: ConfirmState;
  newsletter?: { name: string; siteUrl: string | null; language: string };
  /** Hours that a link works. */
  hours: number;
}

function judge(row: store.TokenRow, now: Date): ConfirmState {
  const status = subscriptionStatus({ ...row, suppressed: false });
  if (status === 'active') return 'already';
  return status === 'pending' && row.tokenExpiresAt > now ? 'ready' : 'gone';
}

async function find(db: Db, token: string, now: Date) {
  const row = await store.subscriptionByToken(db, hashConfirmToken(token));
  const hours = confirmationLinkMs / 3_600_000;
  if (!row) return { found: { state: 'unknown', hours } satisfies Confirmation, row: undefined };
  const newsletter = { name: row.newsletterName, siteUrl: row.siteUrl, language: row.language };
  return { found: { state: judge(row, now), newsletter, hours } satisfies Confirmation, row };
}

/** What the link would do. Changes nothing. */
export async function showConfirmation(
  { db, now }: { db: Db; now: () => Date },
  { token }: { token: string },
): Promise<Confirmation> {
  return (await find(db, token, now())).found;
}

/**
 * Makes the subscription active and records the consent. The token works once: its hash stays on the row so that a
 * second click is told "already", and a click after leaving is told that the link is used up.
 */
export async function confirm(
  { db, now }: { db: Db; now: () => Date },
  { token, ip, userAgent }: { token: string; ip?: string | undefined; userAgent?: string | undefined },
): Promise<Confirmation> {
  const at = now();
  return db.transaction(async (tx) => {
    const changed = await store.confirmPending(tx, hashConfirmToken(token), at);
    const { found, row } = await find(tx, token, at);
    if (!changed || !row) return found;
    const wording = confirmWording(row.newsletterName);
    await store.recordConsent(tx, {
      subscriptionId: row.id,
      event: 'confirmed',
      at,
      via: 'page',
      wording: wording.text,
      language: row.language,
      ip,
      userAgent,
      detail: { wordingVersion: wording.version },
    });
    return { ...found, state: 'confirmed' };
  });
}
