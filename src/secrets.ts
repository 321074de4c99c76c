// Derives a key for each purpose from SECRET_KEY, so that one leaked key does not reveal another. Pure.
import { hkdfSync } from 'node:crypto';

export interface Secrets {
  /** 32 bytes for `purpose`: the same each time, on every machine with the same SECRET_KEY (RFC 5869). */
  derive(
    purpose:
      | 'links'
      | 'address-hash'
      | 'message-id'
      | 'verp'
      | 'idempotent-answers'
      | 'challenges'
      | 'form-stamps'
      | 'review-links'
      | 'websub',
  ): Buffer;
}

export function openSecrets(secretKey: string): Secrets {
  return {
    derive: (purpose) => Buffer.from(hkdfSync('sha256', secretKey, 'daily-digest', purpose, 32)),
  };
}
