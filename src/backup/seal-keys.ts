// Seals the keys of an installation with a passphrase, so that a backup that leaks signs no links. scrypt makes
// guesses slow: half a second each. Pure.
import { randomBytes, scryptSync } from 'node:crypto';
import { seal, unseal } from '../sealed.js';

const saltLength = 16;
/** 128 MiB for each guess. */
const cost = { N: 131_072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

const keyOf = (passphrase: string, salt: Buffer): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), salt, 32, cost);

/** `keys`: the current one first. */
export function sealKeys(keys: readonly string[], passphrase: string): string {
  const salt = randomBytes(saltLength);
  const sealed = seal(keyOf(passphrase, salt), Buffer.from(JSON.stringify(keys)));
  return Buffer.concat([salt, sealed]).toString('base64');
}

/** Undefined: it is another passphrase. */
export function unsealKeys(sealed: string, passphrase: string): string[] | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  const opened = unseal(keyOf(passphrase, bytes.subarray(0, saltLength)), bytes.subarray(saltLength));
  return opened && (JSON.parse(opened.toString()) as string[]);
}
