// Reads addresses and names, for forms, API and imports alike. Pure.
//
// Mail headers are built from these values, so nothing passes that could end a header line or add a second
// address.
import { createHmac } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { Message, MessageKey } from '../languages/messages.js';
import type { Keys } from '../secrets.js';
import { hasDomain } from './links-in-names.js';
import { isLongerThan } from '../text/graphemes.js';

export type ParsedAddress =
  /** `address` is used to send mail; `key` is equal for all spellings of it; `domain` is in A-labels. */
  | { ok: true; address: string; key: string; domain: string }
  /** The message for the person who typed it. */
  | { ok: false; reason: Message };

export type ParsedName = { ok: true; name: string | undefined } | { ok: false; reason: Message };

// RFC 5321 section 4.5.3.1, in octets. A forward-path holds 256, including its angle brackets.
const maxLocal = 64;
const maxAddress = 254;
const maxDomain = 253;
const maxNameGraphemes = 64;

// RFC 5322 section 3.2.3 atext, and RFC 6532 section 3.2 beyond ASCII. Quoted strings are not in use.
const localPart =
  /^[\w!#$%&'*+/=?^`{|}~\u{80}-\u{10FFFF}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u{80}-\u{10FFFF}-]+)*$/u;
// Control, format (bidi, zero width), surrogate, unassigned and private-use characters, and all white space.
// U+FFFD stands for lost characters.
const unprintable = /[\p{C}\p{Z}\uFFFD]/u;
const asciiBeyondHostnames = /[^a-z0-9.\u{80}-\u{10FFFF}-]/iu;
// RFC 1035 section 2.3.1, with the digits that RFC 1123 section 2.1 lets a label begin with.
const hostname = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

const no = (key: MessageKey): { ok: false; reason: Message } => ({ ok: false, reason: { key } });

function parseDomain(text: string): string | undefined {
  // domainToASCII resolves percent signs and numbers like an address bar, so it is given only names.
  if (asciiBeyondHostnames.test(text)) return undefined;
  const domain = domainToASCII(text).toLowerCase();
  if (domain.length > maxDomain || !hostname.test(domain)) return undefined;
  // RFC 5321 section 4.1.3 wants IPv4 addresses in brackets; we accept no literals.
  if (/\.\d+$/.test(domain)) return undefined;
  return domain;
}

/**
 * Reads one e-mail address (RFC 5321, RFC 6531). IDN domains become A-labels. Comments and literals are
 * refused.
 */
export function parseAddress(text: string): ParsedAddress {
  const trimmed = text.trim().normalize('NFC');
  if (trimmed === '') return no('errors.noAddress');
  // Checked first, because a form may send kilobytes.
  if (trimmed.length > 4 * maxAddress) return no('errors.addressTooLong');
  if (unprintable.test(trimmed)) return no('errors.addressInvisible');
  const parts = trimmed.split('@');
  if (parts.length !== 2) return no('errors.addressOneAt');
  const [local = '', domainText = ''] = parts;
  if (!localPart.test(local)) return no('errors.addressLocal');
  if (Buffer.byteLength(local) > maxLocal) return no('errors.addressLocalTooLong');
  const domain = parseDomain(domainText);
  if (domain === undefined) return no('errors.addressDomain');
  const address = `${local}@${domain}`;
  if (Buffer.byteLength(address) > maxAddress) return no('errors.addressTooManyBytes');
  return { ok: true, address, key: address.toLowerCase().normalize('NFC'), domain };
}

/** The key of a suppression, which outlives the address: HMAC-SHA-256 of the address key. */
export function addressHash({ current }: Keys, addressKey: string): Buffer {
  return createHmac('sha256', current.bytes).update(addressKey).digest();
}

/**
 * Reads a person's name: one line, at most 64 graphemes, without anything that mail programs turn into a
 * link.
 */
export function parseName(text: string): ParsedName {
  const name = text
    .normalize('NFC')
    .replaceAll(/[\p{Zs}\t]+/gu, ' ')
    .trim();
  if (name === '') return { ok: true, name: undefined };
  if (name.length > 16 * maxNameGraphemes) return no('errors.nameTooLong');
  // Zero-width joiners are part of names and emoji; all other control and format characters are refused.
  if (/[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/u.test(name))
    return no('errors.nameInvisible');
  if (/:\/\/|\bwww\.|\.[\p{L}\d-]{2,}[/?#]|@/iu.test(name) || hasDomain(name)) return no('errors.nameLink');
  if (isLongerThan(name, maxNameGraphemes)) return no('errors.nameTooLong');
  return { ok: true, name };
}
