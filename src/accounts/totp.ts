// Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds. The only importer of otpauth.
import { Secret, TOTP } from 'otpauth';

/** 160 bits, as RFC 4226 section 4 recommends. */
const secretBytes = 20;
/** Steps before and after the current one that count: clocks differ, and people type slowly (RFC 6238 section 5.2). */
const tolerance = 1;

const totpOf = (secret: string, label: string, issuer: string): TOTP =>
  new TOTP({ issuer, label, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: 30 });

/** In Base32, as people type it. */
export const newTotpSecret = (): string => new Secret({ size: secretBytes }).base32;

/** What the QR code holds: otpauth://totp/… */
export const totpAddress = (secret: string, { label, issuer }: { label: string; issuer: string }): string =>
  totpOf(secret, label, issuer).toString();

/** The step of which this is the code. Undefined: it is the code of no step near `now`. */
export function totpStep(secret: string, code: string, now: Date): number | undefined {
  const totp = totpOf(secret, '', '');
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window: tolerance });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}
