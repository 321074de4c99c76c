// What a passkey signs: a challenge of ours for one holder, a session or a browser on the sign-in page. It says itself when
// it expires, so that showing a page stores nothing. Pure.
//
// expiry in milliseconds since 1970, 6 octets . 16 random octets . HMAC-SHA-256 of both and the holder
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { minute } from '../../durations.js';
import type { Keys } from '../../secrets.js';

const lifeMs = 5 * minute;
const textLength = 6 + 16;

/** Works once: `id` tells which one was used. */
export interface PasskeyChallenge {
  id: Buffer;
  expiresAt: Date;
}

const mac = (key: Buffer, text: Buffer, holder: string): Buffer =>
  createHmac('sha256', key).update('challenge').update(text).update(holder).digest();

/** `holder`: the token of a cookie. */
export function makeChallenge({ current }: Keys, holder: string, now: Date): string {
  const text = Buffer.alloc(textLength);
  text.writeUIntBE(now.getTime() + lifeMs, 0, 6);
  randomBytes(16).copy(text, 6);
  return Buffer.concat([text, mac(current.bytes, text, holder)]).toString('base64url');
}

/** Undefined: not ours, another holder's, or expired. */
export function readChallenge(
  { all }: Keys,
  { challenge, holder }: { challenge: string; holder: string },
  now: Date,
): PasskeyChallenge | undefined {
  const bytes = Buffer.from(challenge, 'base64url');
  const [text, given] = [bytes.subarray(0, textLength), bytes.subarray(textLength)];
  if (given.length !== 32) return undefined;
  if (!all.some((key) => timingSafeEqual(given, mac(key.bytes, text, holder)))) return undefined;
  const expiresAt = new Date(text.readUIntBE(0, 6));
  return expiresAt <= now ? undefined : { id: text.subarray(6), expiresAt };
}
