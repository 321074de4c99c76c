// The envelope sender of a delivery (VERP). A bounce is sent to it, and so identifies the delivery even if
// the bounce says nothing else. Pure.
//
//   bounces+<token>@<bounce domain>
//   token: key id (1 octet) · issue id (8) · subscriber id (8) · HMAC-SHA-256 of these, cut to 104 bits (13)
//
// The 30 octets are 48 characters of base32hex (RFC 4648 section 7), without padding, in lower case: relays
// may change the case of a local part. With its prefix the local part has 56 of the 64 octets that RFC 5321
// section 4.5.3.1.1 allows.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { keyWithId, type Keys } from '../secrets.js';

/** The delivery that a token names. */
export interface DeliveryIds {
  issueId: string;
  subscriberId: string;
}

const prefix = 'bounces+';
const macLength = 13;
const idsLength = 17;
const tokenLength = 48;

function mac(key: Buffer, ids: Buffer): Buffer {
  return createHmac('sha256', key).update(ids).digest().subarray(0, macLength);
}

export function signVerp({ current }: Keys, { issueId, subscriberId }: DeliveryIds): string {
  const ids = Buffer.alloc(idsLength);
  ids.writeUInt8(current.id, 0);
  ids.writeBigUInt64BE(BigInt(issueId), 1);
  ids.writeBigUInt64BE(BigInt(subscriberId), 9);
  const octets = Buffer.concat([ids, mac(current.bytes, ids)]).toString('hex');
  // 240 bits are 48 digits of base 32. JavaScript uses the digits of base32hex.
  return BigInt(`0x${octets}`).toString(32).padStart(tokenLength, '0');
}

/** The delivery, or undefined for a token that we did not sign. Upper and lower case are equal. */
export function readVerp(keys: Keys, token: string): DeliveryIds | undefined {
  if (!/^[0-9a-v]{48}$/i.test(token)) return undefined;
  let number = 0n;
  for (const digit of token) number = number * 32n + BigInt(parseInt(digit, 32));
  const octets = Buffer.from(number.toString(16).padStart(60, '0'), 'hex');
  const ids = octets.subarray(0, idsLength);
  const key = keyWithId(keys, ids[0]);
  if (!key || !timingSafeEqual(octets.subarray(idsLength), mac(key, ids))) return undefined;
  return { issueId: ids.readBigUInt64BE(1).toString(), subscriberId: ids.readBigUInt64BE(9).toString() };
}

/** The envelope sender of a delivery. `domain` receives bounces. */
export function verpSender(keys: Keys, ids: DeliveryIds, domain: string): string {
  return `${prefix}${signVerp(keys, ids)}@${domain}`;
}

/** The delivery of an envelope sender: of the address that a bounce was sent to, or of its Return-Path. */
export function readVerpSender(keys: Keys, address: string): DeliveryIds | undefined {
  const local = address.slice(0, address.lastIndexOf('@'));
  return local.toLowerCase().startsWith(prefix) ? readVerp(keys, local.slice(prefix.length)) : undefined;
}
