// When a form was shown, in a signed hidden field. A form that comes back at once was sent by a program.
// Pure.
//
// A cache may keep a page for days, so no stamp is too old. Forms on other sites have no stamp and are not
// judged.
import { createHmac, timingSafeEqual } from 'node:crypto';

// ms since 1970 in base 36, and 96 bits of HMAC-SHA-256.
const macLength = 12;

const mac = (key: Buffer, time: string): Buffer =>
  createHmac('sha256', key).update(time).digest().subarray(0, macLength);

export function makeStamp(key: Buffer, now: Date): string {
  const time = now.getTime().toString(36);
  return `${time}.${mac(key, time).toString('base64url')}`;
}

/** The age of the form in ms; undefined if we did not write the stamp. */
export function ageOfStamp(key: Buffer, stamp: string, now: Date): number | undefined {
  const [, time = '', given = ''] = /^([0-9a-z]{1,11})\.([\w-]{16})$/.exec(stamp) ?? [];
  if (time === '' || !timingSafeEqual(Buffer.from(given, 'base64url'), mac(key, time))) return undefined;
  return now.getTime() - Number.parseInt(time, 36);
}
