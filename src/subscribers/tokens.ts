// The tokens in links. Pure.
//
// The links in a digest never expire and are not stored: 21 bytes, base64url, 28 characters:
// key id (1) · subscription id (8) · HMAC-SHA-256 of purpose, key id and id, cut to 96 bits (12)
// Confirmation links carry 128 random bits, of which only the SHA-256 is stored.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { keyWithId, type Keys } from '../secrets.js';

/** archive: only gives access to issues that are for subscribers. */
export const linkPurposes = ['unsubscribe', 'preferences', 'archive'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

/** One token for each purpose, of one subscription. */
export type Tokens = Readonly<Record<LinkPurpose, string>>;

/** The length of a signed token: fixed, so that a message can be composed once with a gap for it. */
export const tokenLength = 28;

const macLength = 12;

function mac(key: Buffer, purpose: LinkPurpose, body: Buffer): Buffer {
  return createHmac('sha256', key).update(purpose).update('\0').update(body).digest().subarray(0, macLength);
}

export function signToken(
  { current }: Pick<Keys, 'current'>,
  purpose: LinkPurpose,
  subscriptionId: string,
): string {
  const body = Buffer.alloc(9);
  body.writeUInt8(current.id, 0);
  body.writeBigUInt64BE(BigInt(subscriptionId), 1);
  return Buffer.concat([body, mac(current.bytes, purpose, body)]).toString('base64url');
}

/** Signing costs 4 µs, so purposes that are not in `purposes` get an empty token. */
export function signTokens(
  keys: Pick<Keys, 'current'>,
  subscriptionId: string,
  purposes: readonly LinkPurpose[] = linkPurposes,
): Tokens {
  const signed = (purpose: LinkPurpose) =>
    purposes.includes(purpose) ? signToken(keys, purpose, subscriptionId) : '';
  return {
    unsubscribe: signed('unsubscribe'),
    preferences: signed('preferences'),
    archive: signed('archive'),
  };
}

/** The subscription's id; undefined if we did not sign the token for this purpose. */
export function readToken(keys: Keys, purpose: LinkPurpose, token: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{28}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const body = bytes.subarray(0, 9);
  const key = keyWithId(keys, body[0]);
  if (!key || !timingSafeEqual(bytes.subarray(9), mac(key, purpose, body))) return undefined;
  return body.readBigUInt64BE(1).toString();
}

export function newConfirmToken(): { token: string; hash: Buffer } {
  const token = randomBytes(16).toString('base64url');
  return { token, hash: hashConfirmToken(token) };
}

export function hashConfirmToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
