// The envelope senders (VERP). A bounce is sent to one, and so identifies the mail even if the bounce says
// nothing else. Pure.
//
//   bounces+<token>@<bounce domain>   a delivery, a test, a mail to an account
//   confirm+<token>@<bounce domain>   a confirmation, a notice or a change of address
//   unsubscribe+<token>@<bounce domain>   no envelope sender: the mailto address of List-Unsubscribe
//   token: key id (1 octet) · kind (1) · id (8) · id (8) · HMAC-SHA-256 of these, cut to 96 bits (12)
//
// The 30 octets are 48 characters of base32hex (RFC 4648 section 7), without padding, in lower case: relays
// may change the case of a local part. With its prefix the local part has at most 60 of the 64 octets that RFC
// 5321 section 4.5.3.1.1 allows.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { keyWithId, type Keys } from '../secrets.js';

/** The delivery that a token names. */
export interface DeliveryIds {
  issueId: string;
  subscriberId: string;
}

/** What a mail is, and whom it concerns. */
export type MailOrigin =
  | ({ kind: 'delivery' } & DeliveryIds)
  | { kind: 'confirmation' | 'notice'; subscriptionId: string }
  | { kind: 'address-change'; changeId: string }
  | { kind: 'test'; issueId: string }
  | { kind: 'account'; accountId: string }
  /** A mail to such an address ends the subscription. */
  | { kind: 'unsubscribe'; subscriptionId: string; issueId: string };

type Kind = MailOrigin['kind'];

/** The octet of each kind. Mails that were sent hold it: never change or reuse a number. */
const octets: Record<Kind, number> = {
  delivery: 1,
  confirmation: 2,
  notice: 3,
  'address-change': 4,
  test: 5,
  account: 6,
  unsubscribe: 7,
};
const prefixes: Record<Kind, string> = {
  delivery: 'bounces+',
  confirmation: 'confirm+',
  notice: 'confirm+',
  'address-change': 'confirm+',
  test: 'bounces+',
  account: 'bounces+',
  unsubscribe: 'unsubscribe+',
};
const macLength = 12;
const idsLength = 18;
const tokenLength = 48;

function mac(key: Buffer, ids: Buffer): Buffer {
  return createHmac('sha256', key).update(ids).digest().subarray(0, macLength);
}

function idsOf(origin: MailOrigin): readonly [string, string] {
  switch (origin.kind) {
    case 'delivery':
      return [origin.issueId, origin.subscriberId];
    case 'confirmation':
    case 'notice':
      return [origin.subscriptionId, '0'];
    case 'address-change':
      return [origin.changeId, '0'];
    case 'test':
      return [origin.issueId, '0'];
    case 'account':
      return [origin.accountId, '0'];
    case 'unsubscribe':
      return [origin.subscriptionId, origin.issueId];
  }
}

function originOf(kind: Kind, id: string, subscriberId: string): MailOrigin {
  switch (kind) {
    case 'delivery':
      return { kind, issueId: id, subscriberId };
    case 'confirmation':
    case 'notice':
      return { kind, subscriptionId: id };
    case 'address-change':
      return { kind, changeId: id };
    case 'test':
      return { kind, issueId: id };
    case 'account':
      return { kind, accountId: id };
    case 'unsubscribe':
      return { kind, subscriptionId: id, issueId: subscriberId };
  }
}

function signOrigin({ current }: Keys, origin: MailOrigin): string {
  const [first, second] = idsOf(origin);
  const ids = Buffer.alloc(idsLength);
  ids.writeUInt8(current.id, 0);
  ids.writeUInt8(octets[origin.kind], 1);
  ids.writeBigUInt64BE(BigInt(first), 2);
  ids.writeBigUInt64BE(BigInt(second), 10);
  const hex = Buffer.concat([ids, mac(current.bytes, ids)]).toString('hex');
  // 240 bits are 48 digits of base 32. JavaScript uses the digits of base32hex.
  return BigInt(`0x${hex}`).toString(32).padStart(tokenLength, '0');
}

/** What a token names, or undefined for one that we did not sign. Upper and lower case are equal. */
export function readOrigin(keys: Keys, token: string): MailOrigin | undefined {
  if (!/^[0-9a-v]{48}$/i.test(token)) return undefined;
  let number = 0n;
  for (const digit of token) number = number * 32n + BigInt(parseInt(digit, 32));
  const all = Buffer.from(number.toString(16).padStart(60, '0'), 'hex');
  const ids = all.subarray(0, idsLength);
  const key = keyWithId(keys, ids[0]);
  if (!key || !timingSafeEqual(all.subarray(idsLength), mac(key, ids))) return undefined;
  const kind = (Object.keys(octets) as Kind[]).find((one) => octets[one] === ids[1]);
  return kind && originOf(kind, ids.readBigUInt64BE(2).toString(), ids.readBigUInt64BE(10).toString());
}

/** The envelope sender of a mail. `domain` receives bounces. */
export function envelopeSender(keys: Keys, origin: MailOrigin, domain: string): string {
  return `${prefixes[origin.kind]}${signOrigin(keys, origin)}@${domain}`;
}

/** What an envelope sender names: the address that a bounce was sent to, or its Return-Path. */
export function readEnvelopeSender(keys: Keys, address: string): MailOrigin | undefined {
  const local = address.slice(0, address.lastIndexOf('@'));
  const plus = local.indexOf('+') + 1;
  const origin = readOrigin(keys, local.slice(plus));
  return origin && prefixes[origin.kind] === local.slice(0, plus).toLowerCase() ? origin : undefined;
}

/**
 * The mails that a text names by their addresses, each once. Some servers write "bounces-<token>" or
 * "bounces=<token>", and PRVS, BATV and SRS put more around the local part.
 */
export function originsIn(keys: Keys, text: string): MailOrigin[] {
  const found = new Map<string, MailOrigin>();
  for (const [, prefix = '', token = ''] of text.matchAll(addressed)) {
    const origin = readOrigin(keys, token);
    if (origin !== undefined && prefixes[origin.kind] === `${prefix.toLowerCase()}+`)
      found.set(token.toLowerCase(), origin);
  }
  return [...found.values()];
}

const addressed = /(bounces|confirm|unsubscribe)[+=-]([0-9a-v]{48})(?![0-9a-z])/gi;

/** The token of a delivery. */
export function signVerp(keys: Keys, ids: DeliveryIds): string {
  return signOrigin(keys, { kind: 'delivery', ...ids });
}

/** The delivery of a token, or undefined for one that we did not sign, or of another kind of mail. */
export function readVerp(keys: Keys, token: string): DeliveryIds | undefined {
  return deliveryOf(readOrigin(keys, token));
}

/** The envelope sender of a delivery. */
export function verpSender(keys: Keys, ids: DeliveryIds, domain: string): string {
  return envelopeSender(keys, { kind: 'delivery', ...ids }, domain);
}

/** The delivery of an envelope sender. */
export function readVerpSender(keys: Keys, address: string): DeliveryIds | undefined {
  return deliveryOf(readEnvelopeSender(keys, address));
}

function deliveryOf(origin: MailOrigin | undefined): DeliveryIds | undefined {
  if (origin?.kind !== 'delivery') return undefined;
  return { issueId: origin.issueId, subscriberId: origin.subscriberId };
}
