// When a form was shown, in a hidden field that only we can write: who sends it back at once is a program. Pure.
//
// A page may be kept by a cache for days, so a stamp is never too old; forms on other sites have none and are not judged.
import { createHmac, timingSafeEqual } from 'node:crypto';

// ms since 1970 in base 36, and 96 bits of HMAC-SHA-256.
const macLength = 12;

const mac = (key: Buffer, time: string): Buffer =>
  createHmac('sha256', key).update(time).digest().subarray(0, macLength);

export function makeStamp(key: Buffer, now: Date): string {
  const time = now.getTime().toString(36);
  return `${time}.${mac(key, time).toString('base64url')}`;
}

/** How long ago the form was shown, in ms; undefined for what we did not write. */
export function ageOfStamp(key: Buffer, stamp: string, now: Date): number | undefined {
  const [, time = '', given = ''] = /^([0-9a-z]{1,11})\.([\w-]{16})$/.exec(stamp) ?? [];
  if (time === '' || !timingSafeEqual(Buffer.from(given, 'base64url'), mac(key, time))) return undefined;
  return now.getTime() - Number.parseInt(time, 36);
}
