// A message as bytes: MIME by Nodemailer's composer, the headers that differ between readers by us, on top.
//
// RFC 5322 section 3.6 lets header fields come in any order, so what differs stands first and the rest is composed
// once for all readers.
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { canonicalBody, type Seal } from './dkim.js';

export interface Content {
  from: { name: string; address: string };
  replyTo?: string | undefined;
  subject: string;
  /** Undefined: plain text alone. */
  html?: string | undefined;
  text: string;
  date: Date;
  /** Further header fields; written as they are, each on one line: ASCII, no line breaks. */
  headers: Record<string, string>;
}

export interface Composed {
  /** All header fields that readers share, each ended by CRLF, without the empty line. */
  headers: Buffer;
  /** From the empty line on. */
  body: Buffer;
}

/** Fields that answering machines and lists of ours need (RFC 3834 section 5, RFC 2076). */
export const automaticHeaders = {
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
} as const;

/** Composes multipart/alternative, text/plain first, or text/plain alone; CRLF, lines of at most 76 octets in the parts (RFC 2045). */
export async function compose(content: Content): Promise<Composed> {
  const prepared = Object.entries(content.headers).map(
    ([name, value]) => [name, { prepared: true, value: headerLine(name, value) }] as const,
  );
  const composer = new MailComposer({
    from: content.from,
    ...(content.replyTo === undefined ? {} : { replyTo: content.replyTo }),
    subject: content.subject,
    text: { content: crlf(content.text), contentTransferEncoding: 'quoted-printable' },
    ...(content.html === undefined
      ? {}
      : { html: { content: crlf(content.html), contentTransferEncoding: 'quoted-printable' } }),
    date: content.date,
    // Taken out below: it is the reader's.
    messageId: '<placeholder@localhost>',
    headers: Object.fromEntries(prepared),
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

/** RFC 5321 section 2.3.8: CR and LF only as CRLF. The composer keeps bare ones as they are. */
function crlf(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n');
}

/** The value, refused if it could start another field (header injection). */
export function headerLine(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) throw new Error(`header ${name} holds a control character`);
  return value;
}

/** A whole message for one recipient, signed with `seal`. */
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

/** Without the empty line, which DKIM counts to neither headers nor body. */
export function bodyOf(composed: Composed): Buffer {
  return composed.body.subarray(2);
}

/**
 * What goes over the wire after DATA: a dot in front of each line that begins with one, and the final dot (RFC 5321
 * section 4.5.2). `message` has CRLF line ends only.
 */
export function toData(message: Buffer): Buffer {
  return Buffer.concat([stuff(message), finalDot]);
}

/** Ends the data of a message that ends with CRLF. */
export const finalDot = Buffer.from('.\r\n');

/** Doubles the dots that begin a line; the start of `part` begins one. */
export function stuff(part: Buffer): Buffer {
  if (!part.includes('\r\n.') && part[0] !== 0x2e) return part;
  return Buffer.from(part.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1');
}
