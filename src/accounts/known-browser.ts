// The cookie of a browser from which an account has signed in before. It gives no access: it only spares its holder
// the proof of work when others guess at the account's password. Pure.
//
// account id . expiry in minutes since 1970 . 96 random bits . HMAC-SHA-256 of the text before, cut to 128 bits
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { day, minute } from '../durations.js';
import type { Keys } from '../secrets.js';

/** Milliseconds. */
export const knownBrowserMs = 180 * day;

export interface KnownBrowser {
  accountId: string;
  /** Tells the browsers of one account apart. */
  id: string;
}

const mac = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');

export function signKnownBrowser({ current }: Keys, accountId: string, now: Date): string {
  const expires = Math.ceil((now.getTime() + knownBrowserMs) / minute);
  const text = `${accountId}.${expires}.${randomBytes(12).toString('base64url')}`;
  return `${text}.${mac(current.bytes, text)}`;
}

/** Undefined for a cookie that we did not sign, or that has expired. */
export function readKnownBrowser({ all }: Keys, cookie: string, now: Date): KnownBrowser | undefined {
  const [, text = '', accountId = '', expires = '', id = '', given = ''] =
    /^((\d{1,19})\.(\d{1,10})\.([\w-]{16}))\.([\w-]{22})$/.exec(cookie) ?? [];
  if (text === '') return undefined;
  const isOurs = all.some(({ bytes }) => timingSafeEqual(Buffer.from(given), Buffer.from(mac(bytes, text))));
  if (!isOurs) return undefined;
  return Number(expires) * minute < now.getTime() ? undefined : { accountId, id };
}
