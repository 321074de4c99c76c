// A message as bytes. Nodemailer's composer makes the MIME parts once for all readers.
//
// The header fields that differ between readers are put on top: RFC 5322 section 3.6 allows any order of
// fields.
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { shorterEncoding } from '../text/transfer-encoding.js';
import { canonicalBody, type Seal } from './dkim.js';

export interface Content {
  from: { name: string; address: string };
  replyTo?: string | undefined;
  subject: string;
  /** Undefined: the message is plain text only. */
  html?: string | undefined;
  text: string;
  date: Date;
  /** Further header fields, written unchanged on one line each: ASCII, no line breaks. */
  headers: Record<string, string>;
}

export interface Composed {
  /** The header fields that all readers share. Each ends with CRLF; the empty line is not included. */
  headers: Buffer;
  /** Begins with the empty line. */
  body: Buffer;
}

/** Octets one behind the other. A string is Latin-1, and so has as many characters as octets. */
export type Parts = readonly (Buffer | string)[];

export function lengthOf(parts: Parts): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes them to the beginning of `memory`, which has room for them. */
export function put(parts: Parts, memory: Buffer): Buffer {
  // As Buffer.concat does it, but without a buffer for each string.
  let at = 0;
  for (const part of parts)
    at += typeof part === 'string' ? memory.write(part, at, 'latin1') : part.copy(memory, at);
  return memory.subarray(0, at);
}

export const join = (parts: Parts): Buffer => put(parts, Buffer.allocUnsafe(lengthOf(parts)));

/** Keep auto-responders from answering our mail (RFC 3834 section 5, RFC 2076). */
export const automaticHeaders = {
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
} as const;

/**
 * Composes multipart/alternative with text/plain first, or text/plain alone. Lines end with CRLF; lines of
 * the parts have at most 76 octets (RFC 2045).
 */
export async function compose(content: Content): Promise<Composed> {
  const prepared = Object.entries(content.headers).map(
    ([name, value]) => [name, { prepared: true, value: headerLine(name, value) }] as const,
  );
  const composer = new MailComposer({
    from: content.from,
    ...(content.replyTo === undefined ? {} : { replyTo: content.replyTo }),
    subject: content.subject,
    text: encodedPart(content.text),
    ...(content.html === undefined ? {} : { html: encodedPart(content.html) }),
    date: content.date,
    // Removed below: fillHoles() adds the reader's own Message-ID.
    messageId: '<placeholder@localhost>',
    headers: Object.fromEntries(prepared),
    ...boundaryOf(content),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const raw = await composer.compile().build();
  const end = raw.indexOf('\r\n\r\n');
  const headers = raw
    .subarray(0, end + 2)
    .toString('latin1')
    .replace(/^Message-ID:.*\r\n/im, '');
  return { headers: Buffer.from(headers, 'latin1'), body: raw.subarray(end + 2) };
}

function encodedPart(text: string): { content: string; contentTransferEncoding: string } {
  return { content: crlf(text), contentTransferEncoding: shorterEncoding(text).encoding };
}

/**
 * The same content gets the same boundary: a test, a retry and every worker make the same bytes. No content
 * can hold the digest of itself. Nodemailer has this option, and its types do not.
 */
function boundaryOf({ text, html = '' }: Content): object {
  return { baseBoundary: createHash('sha256').update(text).update(html).digest('hex').slice(0, 32) };
}

/** RFC 5321 section 2.3.8: CR and LF appear only as CRLF. The composer does not convert bare ones. */
function crlf(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n');
}

/** Returns the value. Throws if it could start another field (header injection). */
export function headerLine(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- finds control characters
  if (/[\x00-\x1f\x7f]/.test(value)) throw new Error(`header ${name} contains a control character`);
  return value;
}

/** Makes the whole message for one recipient, signed with `seal`. */
export function fillHoles(composed: Composed, to: string, messageId: string, seal?: Seal): Buffer {
  const own = Buffer.from(
    `To: ${headerLine('To', to)}\r\nMessage-ID: ${headerLine('Message-ID', messageId)}\r\n`,
    'utf8',
  );
  const parts = [own, composed.headers, composed.body];
  if (seal) {
    const hash = createHash('sha256')
      .update(canonicalBody(bodyOf(composed)))
      .digest('base64');
    parts.unshift(Buffer.from(seal(own, hash), 'latin1'));
  }
  return Buffer.concat(parts);
}

/** The body without the empty line, which DKIM counts as neither header nor body. */
export function bodyOf(composed: Composed): Buffer {
  return composed.body.subarray(2);
}

/**
 * The bytes to send after DATA: each line that begins with a dot gets a second one, and the final dot follows
 * (RFC 5321 section 4.5.2). `message` has CRLF line ends only.
 */
export function toData(message: Buffer): Buffer {
  return Buffer.concat([stuff(message), finalDot]);
}

/** The message of these bytes: the inverse of toData. */
export function fromData(data: Buffer): Buffer {
  const stuffed = data.subarray(0, data.length - finalDot.length);
  if (!stuffed.includes('\r\n..') && stuffed[0] !== 0x2e) return stuffed;
  return Buffer.from(stuffed.toString('latin1').replaceAll(/^\.\./gm, '.'), 'latin1');
}

/** Ends the data. The message before it must end with CRLF. */
export const finalDot = Buffer.from('.\r\n');

/** Doubles each dot that begins a line. `part` must begin at the start of a line. */
export function stuff(part: Buffer): Buffer {
  if (!part.includes('\r\n.') && part[0] !== 0x2e) return part;
  return Buffer.from(part.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1');
}
