// The link in a mail that asks an account for a decision. For some days, its holder may make this one
// decision as that account. Pure.
//
// 37 bytes, base64url, 50 characters: key id (1) · issue or feed (8) · account (8) · expiry in minutes since
// 1970 (4) · HMAC-SHA-256 of the kind and all these, cut to 128 bits (16). Nothing is stored; each use checks
// the account.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { minute } from './durations.js';
import { keyWithId, type Keys } from './secrets.js';

/** 'review': about an issue. 'held': about the posts of a feed that the anomaly guard holds. */
type Kind = 'review' | 'held';

export interface Decision {
  /** The id of the issue or the feed. */
  id: string;
  accountId: string;
}

const bodyLength = 21;
const macLength = 16;

function mac(key: Buffer, kind: Kind, body: Buffer): Buffer {
  return createHmac('sha256', key).update(`${kind}\0`).update(body).digest().subarray(0, macLength);
}

/** The token of a link that works until `expiresAt`. */
export function signDecision(
  { current }: Keys,
  kind: Kind,
  { id, accountId }: Decision,
  expiresAt: Date,
): string {
  const body = Buffer.alloc(bodyLength);
  body.writeUInt8(current.id, 0);
  body.writeBigUInt64BE(BigInt(id), 1);
  body.writeBigUInt64BE(BigInt(accountId), 9);
  body.writeUInt32BE(Math.ceil(expiresAt.getTime() / minute), 17);
  return Buffer.concat([body, mac(current.bytes, kind, body)]).toString('base64url');
}

/** Undefined for anything that we did not sign for this kind of decision. */
export function readDecision(
  keys: Keys,
  kind: Kind,
  token: string,
  now: Date,
): (Decision & { expired: boolean }) | undefined {
  if (!/^[A-Za-z0-9_-]{50}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // Four bits of the last character are unused: without this check, an altered token would be valid.
  if (bytes.toString('base64url') !== token) return undefined;
  const body = bytes.subarray(0, bodyLength);
  const key = keyWithId(keys, body[0]);
  if (!key || !timingSafeEqual(bytes.subarray(bodyLength), mac(key, kind, body))) return undefined;
  return {
    id: body.readBigUInt64BE(1).toString(),
    accountId: body.readBigUInt64BE(9).toString(),
    expired: body.readUInt32BE(17) * minute < now.getTime(),
  };
}
