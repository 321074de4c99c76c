// Secrets of second factors as the database keeps them: the id of the key, then the sealed text. Pure.
import { seal, unseal } from '../sealed.js';
import { keyWithId, type Secrets } from '../secrets.js';

export function sealSecret(secrets: Secrets, text: string): Buffer {
  const { current } = secrets.derive('second-factors');
  return Buffer.concat([Buffer.of(current.id), seal(current.bytes, Buffer.from(text))]);
}

/** Undefined: SECRET_KEY was replaced since, and the old one is no longer read. */
export function openSecret(secrets: Secrets, sealed: Buffer): string | undefined {
  const key = keyWithId(secrets.derive('second-factors'), sealed[0]);
  return key && unseal(key, sealed.subarray(1))?.toString();
}
