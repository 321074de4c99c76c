// Keys without the database, which alone knows their ids. Pure.
import { deriveKey, openKeyRing, type Secrets } from '../secrets.js';

/** Each key under each id that it can have, as the database numbers keys from 1. */
export function keyRings(secretKeys: readonly string[]): Secrets[] {
  const addressKey = deriveKey(secretKeys[0] ?? '', 'address-hash');
  return secretKeys.flatMap((secretKey) =>
    secretKeys.map((_, at) => openKeyRing({ id: at + 1, secretKey }, [], addressKey)),
  );
}
