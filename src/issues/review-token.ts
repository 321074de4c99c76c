// The link of a review mail: whoever holds it may decide about one issue as one account, for some days. Pure.
//
// 37 bytes, base64url, 50 characters: key id (1) · issue (8) · account (8) · expiry in minutes since 1970 (4) ·
// HMAC-SHA-256 of all these, cut to 128 bits (16). Nothing is stored; the account is asked at each use.
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface ReviewLink {
  issueId: string;
  accountId: string;
}

const currentKeyId = 1;
const bodyLength = 21;
const macLength = 16;
const minute = 60_000;

function mac(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update('review\0').update(body).digest().subarray(0, macLength);
}

export function signReviewToken(key: Buffer, { issueId, accountId }: ReviewLink, expiresAt: Date): string {
  const body = Buffer.alloc(bodyLength);
  body.writeUInt8(currentKeyId, 0);
  body.writeBigUInt64BE(BigInt(issueId), 1);
  body.writeBigUInt64BE(BigInt(accountId), 9);
  body.writeUInt32BE(Math.ceil(expiresAt.getTime() / minute), 17);
  return Buffer.concat([body, mac(key, body)]).toString('base64url');
}

/** Undefined for anything that we did not sign. */
export function readReviewToken(
  key: Buffer,
  token: string,
  now: Date,
): (ReviewLink & { expired: boolean }) | undefined {
  if (!/^[A-Za-z0-9_-]{50}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const body = bytes.subarray(0, bodyLength);
  if (body[0] !== currentKeyId || !timingSafeEqual(bytes.subarray(bodyLength), mac(key, body)))
    return undefined;
  return {
    issueId: body.readBigUInt64BE(1).toString(),
    accountId: body.readBigUInt64BE(9).toString(),
    expired: body.readUInt32BE(17) * minute < now.getTime(),
  };
}
