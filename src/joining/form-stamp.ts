// When a form was shown, in a signed hidden field. A form that comes back at once was sent by a program.
// Pure.
//
// A cache may keep a page for days, so no stamp is too old. Forms on other sites have no stamp and are not
// judged.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keys } from '../secrets.js';

// ms since 1970 in base 36, and 96 bits of HMAC-SHA-256.
const macLength = 12;

const mac = (key: Buffer, time: string): Buffer =>
  createHmac('sha256', key).update(time).digest().subarray(0, macLength);

export function makeStamp({ current }: Keys, now: Date): string {
  const time = now.getTime().toString(36);
  return `${time}.${mac(current.bytes, time).toString('base64url')}`;
}

/** The age of the form in ms; undefined if we did not write the stamp. */
export function ageOfStamp({ all }: Keys, stamp: string, now: Date): number | undefined {
  const [, time = '', given = ''] = /^([0-9a-z]{1,11})\.([\w-]{16})$/.exec(stamp) ?? [];
  if (time === '') return undefined;
  const signature = Buffer.from(given, 'base64url');
  if (!all.some(({ bytes }) => timingSafeEqual(signature, mac(bytes, time)))) return undefined;
  return now.getTime() - Number.parseInt(time, 36);
}
