// The parts that the providers' signatures have in common. Pure.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { minute } from '../../durations.js';
import type { HookCall, HookRefusal } from './scheme.js';

/** A recorded call must not work later. */
export const signedWithin = 5 * minute;

/** Takes the same time for every wrong text of the right length. */
export function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** `seconds` of the Unix epoch, as a header has them. */
export function isLate(seconds: string | undefined, now: Date): boolean {
  return isLateAt(Number(seconds ?? 'none') * 1000, now);
}

/** `at` in milliseconds. A time that is none is late. */
export function isLateAt(at: number, now: Date): boolean {
  return !(Math.abs(now.getTime() - at) <= signedWithin);
}

/** For providers that sign nothing: HTTP's Basic, with any user, or Bearer. */
export function verifySharedSecret({ header }: HookCall, secret: string): HookRefusal | undefined {
  const [, kind = '', value = ''] = /^(basic|bearer)\s+(\S+)$/i.exec(header('authorization') ?? '') ?? [];
  const given =
    kind.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64')
          .toString()
          .replace(/^[^:]*:/, '')
      : value;
  return sameText(given, secret) ? undefined : 'bad-signature';
}

/**
 * Standard Webhooks and Svix: the headers <prefix>-id, -timestamp and -signature; HMAC-SHA-256 of "id.timestamp.body".
 * Several signatures stand in one header while a secret is replaced.
 */
export function verifyStandard(call: HookCall, secret: string, prefix: string): HookRefusal | undefined {
  const { body, header, now } = call;
  const [id, seconds] = [header(`${prefix}-id`), header(`${prefix}-timestamp`)];
  if (id === undefined || seconds === undefined) return 'bad-signature';
  const given = (header(`${prefix}-signature`) ?? '').split(' ').slice(0, 10);
  const isSigned = keysOf(secret).some((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
    return given.filter((one) => sameText(one, `v1,${mac}`)).length > 0;
  });
  if (!isSigned) return 'bad-signature';
  return isLate(seconds, now) ? 'late' : undefined;
}

/** A secret is base64 behind "whsec_". A text of one's own choice is taken as it is. */
function keysOf(secret: string): Buffer[] {
  const [, encoded] = /^whsec_(.+)$/.exec(secret) ?? [];
  return encoded === undefined ? [Buffer.from(secret)] : [Buffer.from(encoded, 'base64')];
}
