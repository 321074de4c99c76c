// The link of a mail to an account that wants a decision: whoever holds it may decide about this one thing as that
// account, for some days. Pure.
//
// 37 bytes, base64url, 50 characters: key id (1) · issue or feed (8) · account (8) · expiry in minutes since 1970 (4) ·
// HMAC-SHA-256 of the kind and all these, cut to 128 bits (16). Nothing is stored; the account is asked at each use.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { minute } from './durations.js';

/** 'review': of an issue; 'held': of the posts of a feed that the anomaly guard holds. */
type Kind = 'review' | 'held';

export interface Decision {
  /** Of the issue, or of the feed. */
  id: string;
  accountId: string;
}

const currentKeyId = 1;
const bodyLength = 21;
const macLength = 16;

function mac(key: Buffer, kind: Kind, body: Buffer): Buffer {
  return createHmac('sha256', key).update(`${kind}\0`).update(body).digest().subarray(0, macLength);
}

/** The token of a link that works until `expiresAt`. */
export function signDecision(key: Buffer, kind: Kind, { id, accountId }: Decision, expiresAt: Date): string {
  const body = Buffer.alloc(bodyLength);
  body.writeUInt8(currentKeyId, 0);
  body.writeBigUInt64BE(BigInt(id), 1);
  body.writeBigUInt64BE(BigInt(accountId), 9);
  body.writeUInt32BE(Math.ceil(expiresAt.getTime() / minute), 17);
  return Buffer.concat([body, mac(key, kind, body)]).toString('base64url');
}

/** Undefined for anything that we did not sign for this kind of decision. */
export function readDecision(
  key: Buffer,
  kind: Kind,
  token: string,
  now: Date,
): (Decision & { expired: boolean }) | undefined {
  if (!/^[A-Za-z0-9_-]{50}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // The last character holds four bits that say nothing: an altered one would be as good.
  if (bytes.toString('base64url') !== token) return undefined;
  const body = bytes.subarray(0, bodyLength);
  if (body[0] !== currentKeyId || !timingSafeEqual(bytes.subarray(bodyLength), mac(key, kind, body)))
    return undefined;
  return {
    id: body.readBigUInt64BE(1).toString(),
    accountId: body.readBigUInt64BE(9).toString(),
    expired: body.readUInt32BE(17) * minute < now.getTime(),
  };
}
