// Derives a key for each purpose from SECRET_KEY, so that one leaked key does not reveal another.
//
// A key can be replaced (src/keys). The new one then signs, and those of SECRET_KEY_PREVIOUS are still read.
// A token names its key by id: 1 is the database's first SECRET_KEY, 2 the next. Pure.
import { hkdfSync } from 'node:crypto';

export type Purpose =
  | 'links'
  | 'address-hash'
  | 'message-id'
  | 'verp'
  | 'idempotent-answers'
  | 'challenges'
  | 'form-stamps'
  | 'sealed-answers'
  | 'review-links'
  | 'known-browsers'
  | 'preview-frames'
  | 'websub'
  | 'feed-requests'
  | 'second-factors'
  | 'passkeys'
  | 'provider-sign-ins'
  | 'webhooks'
  | 'ghost';

export interface Key {
  /** 1 to 255: one octet of a token. */
  id: number;
  /** 32 octets. */
  bytes: Buffer;
}

/** The keys of one purpose. */
export interface Keys {
  /** Signs. */
  current: Key;
  /** All whose signatures are read, the current one first. */
  all: readonly Key[];
}

export interface Secrets {
  /**
   * The keys for `purpose`: the same each time, on every machine with the same SECRET_KEY (RFC 5869). The
   * key for address-hash is one, and stays when SECRET_KEY is replaced: it would forget all suppressions.
   */
  derive(purpose: Purpose): Keys;
}

export interface NumberedSecret {
  id: number;
  secretKey: string;
}

/** 32 octets for one purpose, also for those that only src/keys has. */
export const deriveKey = (secretKey: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, 'daily-digest', purpose, 32));

export const keysOf = (current: Key, ...previous: Key[]): Keys => ({ current, all: [current, ...previous] });

/** A key alone, for example of a test. */
export const oneKey = (bytes: Buffer): Keys => keysOf({ id: 1, bytes });

/** The key that a token names; undefined: there is none, or it is no longer read. */
export const keyWithId = ({ all }: Keys, id: number | undefined): Buffer | undefined =>
  all.find((key) => key.id === id)?.bytes;

/** The secrets of a SECRET_KEY that was never replaced. */
export function openSecrets(secretKey: string): Secrets {
  return openKeyRing({ id: 1, secretKey }, [], deriveKey(secretKey, 'address-hash'));
}

export function openKeyRing(
  current: NumberedSecret,
  previous: readonly NumberedSecret[],
  addressHashKey: Buffer,
): Secrets {
  const derived = new Map<Purpose, Keys>([['address-hash', oneKey(addressHashKey)]]);
  return {
    derive(purpose) {
      const known = derived.get(purpose);
      if (known) return known;
      const keyOf = ({ id, secretKey }: NumberedSecret): Key => ({
        id,
        bytes: deriveKey(secretKey, purpose),
      });
      const keys = keysOf(keyOf(current), ...previous.map(keyOf));
      derived.set(purpose, keys);
      return keys;
    },
  };
}
