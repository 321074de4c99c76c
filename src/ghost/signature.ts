// The secret that a publisher enters in Ghost, and Ghost's signature. The secret follows from SECRET_KEY, the newsletter
// and a salt, so it is not stored. Pure.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { minute } from '../durations.js';
import type { Key, Secrets } from '../secrets.js';

/** A recorded call must not work later. Ghost repeats a failed call within seconds. */
const signedWithin = 5 * minute;

/** `salt`: another one makes another secret. Empty: the newsletter's first secret. */
interface SecretName {
  newsletterId: string;
  salt: string;
}

const secretOf = (key: Key, { newsletterId, salt }: SecretName): string =>
  createHmac('sha256', key.bytes)
    .update(salt === '' ? newsletterId : `${newsletterId} ${salt}`)
    .digest('base64url');

export const ghostSecret = (secrets: Secrets, name: SecretName): string =>
  secretOf(secrets.derive('ghost').current, name);

/**
 * Checks the header X-Ghost-Signature of Ghost 5.87 or newer: "sha256=HEX, t=MILLISECONDS", an HMAC of the body and
 * the time. Ghost may still have the secret of an earlier SECRET_KEY.
 */
export function isSignedByGhost(
  secrets: Secrets,
  name: SecretName,
  { header, body, now }: { header: string | undefined; body: Buffer; now: Date },
): boolean {
  const [, hex = '', time = ''] = /^sha256=([0-9a-f]{64}), ?t=(\d{1,15})$/.exec(header ?? '') ?? [];
  if (hex === '' || Math.abs(now.getTime() - Number(time)) > signedWithin) return false;
  const given = Buffer.from(hex, 'hex');
  return secrets.derive('ghost').all.some((key) => {
    const mac = createHmac('sha256', secretOf(key, name)).update(body).update(time).digest();
    return timingSafeEqual(mac, given);
  });
}
