// A digest as bytes. A variant is composed once, with holes where readers differ; each reader's message is the pieces
// put together.
//
// Per reader: To, Message-ID, List-Unsubscribe and the unsubscribe link in both parts. Tokens have one length, so the
// holes keep quoted-printable as it is.
import { createHmac } from 'node:crypto';
import { automaticHeaders, compose, finalDot, headerLine, stuff } from '../mail/compose.js';
import type { Secrets } from '../secrets.js';
import { signToken, tokenLength } from '../subscribers/tokens.js';

export interface VariantSource {
  issueId: string;
  newsletterId: string;
  slug: string;
  from: { name: string; address: string };
  replyTo: string | null;
  subject: string;
  html: string;
  text: string;
  /** The Date of every message of the issue: composed once, retried as it was. */
  date: Date;
}

export interface Reader {
  subscriberId: string;
  subscriptionId: string;
  address: string;
}

export interface Links {
  baseUrl: string;
  key: Buffer;
  messageIdKey: Buffer;
}

export interface ComposedVariant {
  envelopeFrom: string;
  /** The whole message for one reader (RFC 5322). */
  messageFor(reader: Reader): Buffer;
  /** The same as it goes over the wire after DATA (RFC 5321 section 4.5.2). */
  dataFor(reader: Reader): Buffer;
}

export function openLinks(secrets: Secrets, baseUrl: string): Links {
  return { baseUrl, key: secrets.derive('links'), messageIdKey: secrets.derive('message-id') };
}

/** What stands in a variant where a reader's token will: signed for nobody, so that no feed can write it. */
export function placeholderToken(links: Pick<Links, 'key'>): string {
  return signToken(links.key, 'unsubscribe', '0');
}

/**
 * Message-ID is a function of (issue, subscriber), so that a message handed over twice is recognised as one; the two
 * can be read from it when a report has nothing else.
 */
export function messageId(links: Links, issueId: string, subscriberId: string, domain: string): string {
  const mac = createHmac('sha256', links.messageIdKey).update(`${issueId}.${subscriberId}`).digest('hex');
  return `<dd.${issueId}.${subscriberId}.${mac.slice(0, 20)}@${domain}>`;
}

type Piece = Buffer | { from: number; to: number };

/** Where the token stands, also where quoted-printable broke a line in it (RFC 2045 section 6.7, rule 5). */
function cut(body: Buffer, token: string): Piece[] {
  const text = body.toString('latin1');
  const softBreak = '(?:=\\r\\n)?';
  const pattern = new RegExp([...token].join(softBreak), 'g');
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    pieces.push(body.subarray(end, match.index));
    let taken = 0;
    for (const part of match[0].split('=\r\n')) {
      if (taken > 0) pieces.push(Buffer.from('=\r\n'));
      pieces.push({ from: taken, to: taken + part.length });
      taken += part.length;
    }
    end = match.index + match[0].length;
  }
  pieces.push(body.subarray(end));
  return pieces;
}

/** The fields of every message of the variant (RFC 2919, RFC 2076, RFC 3834; Feedback-ID as Google asks for it). */
function sharedHeaders(source: VariantSource, links: Links): Record<string, string> {
  const host = new URL(links.baseUrl).hostname;
  return {
    'List-Id': `<${source.slug}.${host}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'Feedback-ID': `i${source.issueId}:n${source.newsletterId}:digest:dailydigest`,
    Precedence: 'bulk',
    ...automaticHeaders,
  };
}

/** Composes a variant. Throws if an unsubscribe link is not in both parts: such a digest must not leave. */
export async function composeVariant(source: VariantSource, links: Links): Promise<ComposedVariant> {
  const composed = await compose({
    from: source.from,
    replyTo: source.replyTo ?? undefined,
    subject: source.subject,
    html: source.html,
    text: source.text,
    date: source.date,
    headers: sharedHeaders(source, links),
  });
  const token = placeholderToken(links);
  const pieces = cut(composed.body, token);
  const held = pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? 0 : piece.to - piece.from), 0);
  if (held < 2 * tokenLength)
    throw new Error(`issue ${source.issueId}: the digest has no unsubscribe link in each part`);
  const domain = source.from.address.slice(source.from.address.lastIndexOf('@') + 1);
  // Tokens hold no dot: what is stuffed once stays so for every reader.
  const wire = [...cut(stuff(composed.body), token), finalDot];
  const put = ({ subscriberId, subscriptionId, address }: Reader, body: readonly Piece[]): Buffer => {
    const own = signToken(links.key, 'unsubscribe', subscriptionId);
    // RFC 8058 section 3.1: one HTTPS URI that takes a POST without a question; RFC 2369 allows the second, mailto.
    const headers =
      `To: ${headerLine('To', address)}\r\n` +
      `Message-ID: ${messageId(links, source.issueId, subscriberId, domain)}\r\n` +
      `List-Unsubscribe: <${links.baseUrl}/unsubscribe/${own}>, ` +
      `<mailto:${source.replyTo ?? source.from.address}?subject=unsubscribe-${own}>\r\n`;
    return Buffer.concat([
      Buffer.from(headers, 'utf8'),
      composed.headers,
      ...body.map((piece) =>
        Buffer.isBuffer(piece) ? piece : Buffer.from(own.slice(piece.from, piece.to), 'latin1'),
      ),
    ]);
  };
  return {
    envelopeFrom: source.from.address,
    messageFor: (reader) => put(reader, pieces),
    dataFor: (reader) => put(reader, wire),
  };
}
