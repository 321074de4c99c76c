// A digest as bytes. A variant is composed once, with holes where readers differ; each reader's message is
// the pieces put together.
//
// These differ between readers: the envelope sender, To, Message-ID, List-Unsubscribe, the signature, and in
// both parts the reader's address and the links to unsubscribe, to preferences and to an archive for readers only
// (token-holes.ts).
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { VariantLinks } from '../digest/render-digest.js';
import {
  automaticHeaders,
  bodyOf,
  compose,
  finalDot,
  headerLine,
  join,
  type Parts,
  stuff,
} from '../mail/compose.js';
import { canonicalBody, type Signer } from '../mail/dkim.js';
import { envelopeSender, verpSender, type DeliveryIds } from '../mail/verp.js';
import { keyWithId, type Key, type Keys, type Secrets } from '../secrets.js';
import { linkPurposes, signTokens, tokenLength, type Tokens } from '../subscribers/tokens.js';
import { escapeHtml } from '../text/escape-html.js';
import { clickSigner } from '../tracking/click-token.js';
import { clickAddress, withLinks } from '../tracking/mail-links.js';
import {
  clickMarkLength,
  cutHoles,
  fill,
  isHole,
  type Fillings,
  type Piece,
  type Placeholders,
} from './token-holes.js';

export interface VariantSource {
  issueId: string;
  newsletterId: string;
  slug: string;
  from: { name: string; address: string };
  replyTo: string | null;
  subject: string;
  /** Undefined: for readers who want plain text only. */
  html?: string | undefined;
  text: string;
  /** The Date of every message of the issue. A retry keeps it. */
  date: Date;
  /** The ids of links by their addresses, for readers who agreed that their clicks are counted. */
  countedLinks?: ReadonlyMap<string, string> | undefined;
}

export interface Reader {
  subscriberId: string;
  subscriptionId: string;
  address: string;
  /** Makes the Message-ID of a test unlike any other. Undefined: the delivery's. */
  nonce?: string | undefined;
}

export interface Links {
  baseUrl: string;
  key: Keys;
  messageIdKey: Keys;
  verpKey: Keys;
  /** Receives bounces; undefined: the domain of each mail's From. */
  bounceDomain: string | undefined;
  /** Mail that comes back is taken in: List-Unsubscribe may name an address too. */
  takesMail: boolean;
}

export interface ComposedVariant {
  /** The envelope sender, to which bounces return: the address in From for a relay that takes no other. */
  senderFor(reader: Reader, verp?: boolean): string;
  /** The whole message for one reader (RFC 5322). */
  messageFor(reader: Reader): Buffer;
  /**
   * The message as sent after DATA (RFC 5321 section 4.5.2). Unsigned for a relay that signs itself. Its large parts are the
   * same memory for all readers.
   */
  dataFor(reader: Reader, signed: boolean): Parts;
}

export function openLinks(
  secrets: Secrets,
  baseUrl: string,
  bounceDomain?: string,
  takesMail = false,
): Links {
  return {
    baseUrl,
    key: secrets.derive('links'),
    messageIdKey: secrets.derive('message-id'),
    verpKey: secrets.derive('verp'),
    bounceDomain,
    takesMail,
  };
}

/** Stands in a variant for a reader's tokens. Signed for subscription 0, so that no feed can contain it. */
function placeholderTokens(current: Key): Tokens {
  return signTokens({ current }, '0');
}

/** The same with the placeholders of the reader's address, which are as unguessable and as long. */
function placeholdersOf(current: Key): Placeholders {
  const mark = (place: string): string =>
    createHmac('sha256', current.bytes).update(place).digest('base64url').slice(0, tokenLength);
  return {
    ...placeholderTokens(current),
    addressInText: mark('address in text'),
    addressInHtml: mark('address in HTML'),
    click: mark('click').slice(0, clickMarkLength),
  };
}

/** A part of a variant with `address` in the place of the reader's, and with links that belong to no reader. */
export function addressedTo(links: Links, address: string, { html, text }: { html: string; text: string }) {
  const marks = links.key.all.map(placeholdersOf);
  return {
    html: marks.reduce(
      (part, { addressInHtml }) => part.replaceAll(addressInHtml, () => escapeHtml(address)),
      html,
    ),
    text: marks.reduce((part, { addressInText }) => part.replaceAll(addressInText, () => address), text),
  };
}

/**
 * The key whose placeholders stand in a variant: a former one, if SECRET_KEY was replaced since the freeze.
 * The issue's Message-IDs stay those of that key: a retry is the same message.
 */
function keyOfVariant({ text }: Pick<VariantSource, 'text'>, { all, current }: Keys): Key {
  return all.find((key) => text.includes(placeholderTokens(key).unsubscribe)) ?? current;
}

/**
 * False: a part of the variant has no unsubscribe link of ours, so composeVariant would throw. The key of its links is no
 * longer known, or another program wrote the rows.
 */
export function canBeComposed(
  links: Pick<Links, 'key'>,
  { html, text }: { html?: string | undefined; text: string },
) {
  const { unsubscribe } = placeholderTokens(keyOfVariant({ text }, links.key));
  return [text, html ?? text].every((part) => part.includes(unsubscribe));
}

/** The keys that sign the addresses of our images, the current one first: one address does not reveal another. */
export function imageKeys(links: Pick<Links, 'key'>): string[] {
  return links.key.all.map(imageKeyOf);
}

export const imageKey = (links: Pick<Links, 'key'>): string => imageKeyOf(links.key.current);

const imageKeyOf = ({ bytes }: Key): string =>
  createHmac('sha256', bytes).update('images').digest('base64url');

/** The links that a variant is rendered with. Each reader's tokens replace the placeholders. */
export function nobodysLinks(links: Pick<Links, 'key' | 'baseUrl'>): VariantLinks {
  const { unsubscribe, preferences, archive, addressInText, addressInHtml } = placeholdersOf(
    links.key.current,
  );
  return {
    unsubscribeUrl: `${links.baseUrl}/unsubscribe/${unsubscribe}`,
    preferencesUrl: `${links.baseUrl}/preferences/${preferences}`,
    sentTo: { text: addressInText, html: addressInHtml },
    archiveKey: archive,
    imageKey: imageKey(links),
  };
}

/**
 * Message-ID is a function of (issue, subscriber), so that mail programs recognise a message that is sent
 * twice. Both ids can be read from it when a report contains nothing else.
 */
export function messageId(
  { messageIdKey: keys }: Links,
  issueId: string,
  subscriberId: string,
  domain: string,
  { keyId = keys.current.id, nonce }: { keyId?: number; nonce?: string | undefined } = {},
): string {
  const key = keyWithId(keys, keyId) ?? keys.current.bytes;
  const named = nonce === undefined ? `${issueId}.${subscriberId}` : `${issueId}.${subscriberId}.${nonce}`;
  return `<dd.${issueId}.${subscriberId}.${macOf(key, named)}@${domain}>`;
}

/** The delivery of a Message-ID in this text, or undefined if we did not make it, or for a test. */
export function readMessageId(keys: Keys, text: string): DeliveryIds | undefined {
  for (const [, issueId = '', subscriberId = '', mac = ''] of text.matchAll(ownMessageId))
    for (const { bytes } of keys.all)
      if (sameText(mac, macOf(bytes, `${issueId}.${subscriberId}`))) return { issueId, subscriberId };
  return undefined;
}

const ownMessageId = /\bdd\.(\d{1,19})\.(\d{1,19})\.([0-9a-f]{20})@/g;

const sameText = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one), Buffer.from(other));

const macOf = (key: Buffer, named: string): string =>
  createHmac('sha256', key).update(named).digest('hex').slice(0, 20);

/** DKIM's bh= for any reader. The bytes before the first hole are hashed once. */
function bodyHasher(body: Buffer, placeholders: Placeholders): (fillings: Fillings) => string {
  const pieces = cutHoles(canonicalBody(body), placeholders);
  const started = createHash('sha256');
  started.update(join(fill(pieces.splice(0, 1), placeholders)));
  return (fillings) => {
    const hash = started.copy();
    for (const part of fill(pieces, fillings))
      if (typeof part === 'string') hash.update(part, 'latin1');
      else hash.update(part);
    return hash.digest('base64');
  };
}

/** The last field of Feedback-ID: 5 to 15 characters. Postmaster Tools tells installations apart by it. */
const senderId = (host: string): string =>
  `dd${createHash('sha256').update(host).digest('hex').slice(0, 10)}`;

/**
 * Headers that every message of the variant shares (RFC 2919, RFC 2076, RFC 3834; Feedback-ID as Google
 * defines it).
 */
function sharedHeaders(source: VariantSource, links: Links): Record<string, string> {
  const host = new URL(links.baseUrl).hostname;
  return {
    'List-Id': `<${source.slug}.${host}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'Feedback-ID': `i${source.issueId}:n${source.newsletterId}:digest:${senderId(host)}`,
    Precedence: 'bulk',
    ...automaticHeaders,
  };
}

/** The HTML part with placeholders in the addresses of counted links. */
function withPlaceholders(
  { html, countedLinks }: VariantSource,
  { baseUrl }: Links,
  { click }: Placeholders,
): string | undefined {
  if (html === undefined || countedLinks === undefined) return html;
  return withLinks(html, (url) => {
    const id = countedLinks.get(url);
    return id === undefined ? undefined : clickAddress(baseUrl, click + id);
  });
}

/** Throws if a placeholder of a counted link would be sent: its link would lead nowhere. */
function checkCountedLinks(
  { issueId, html = '' }: Pick<VariantSource, 'issueId' | 'html'>,
  pieces: readonly Piece[],
  { click }: Placeholders,
): void {
  const placed = html.split(click).length - 1;
  const holes = pieces.filter((piece) => isHole(piece) && piece.purpose === 'click' && piece.from === 0);
  if (holes.length !== placed)
    throw new Error(`issue ${issueId}: a counted link was not found in the composed digest`);
}

/** Throws if a part has no link to unsubscribe, or one that stays a placeholder. */
function checkUnsubscribeLinks(
  { issueId, html, text }: VariantSource,
  pieces: readonly Piece[],
  { unsubscribe }: Fillings,
): void {
  const linksIn = (part: string) => part.split(unsubscribe).length - 1;
  const counts = [text, ...(html === undefined ? [] : [html])].map(linksIn);
  if (counts.includes(0))
    throw new Error(`issue ${issueId}: the digest has no unsubscribe link in each part`);
  const holes = pieces.filter(
    (piece) => isHole(piece) && piece.purpose === 'unsubscribe' && piece.from === 0,
  );
  // A link without a hole would carry a token that belongs to no reader.
  if (holes.length !== counts.reduce((sum, count) => sum + count, 0))
    throw new Error(`issue ${issueId}: an unsubscribe link was not found in the composed digest`);
}

/** Signs the counted links of a composed mail. Undefined: it has none. */
function clicksIn(pieces: readonly Piece[], key: Keys): ReturnType<typeof clickSigner> | undefined {
  const links = pieces.flatMap((piece) => (isHole(piece) && 'link' in piece ? [piece.link ?? ''] : []));
  return links.length > 0 ? clickSigner(key, [...new Set(links)]) : undefined;
}

/**
 * Composes a variant; with `signer`, its messages are signed. Throws if a part has no unsubscribe link: such
 * a digest must not be sent.
 */
export async function composeVariant(
  source: VariantSource,
  links: Links,
  signer?: Signer,
): Promise<ComposedVariant> {
  const key = keyOfVariant(source, links.key);
  const placeholders = placeholdersOf(key);
  const html = withPlaceholders(source, links, placeholders);
  const composed = await compose({
    from: source.from,
    replyTo: source.replyTo ?? undefined,
    subject: source.subject,
    html,
    text: source.text,
    date: source.date,
    headers: sharedHeaders(source, links),
  });
  const pieces = cutHoles(composed.body, placeholders);
  checkUnsubscribeLinks(source, pieces, placeholders);
  checkCountedLinks({ issueId: source.issueId, html }, pieces, placeholders);
  // The header always has an unsubscribe link, and so does each part.
  const used = linkPurposes.filter((one) => pieces.some((piece) => isHole(piece) && piece.purpose === one));
  const signClicks = clicksIn(pieces, links.key);
  const domain = source.from.address.slice(source.from.address.lastIndexOf('@') + 1);
  const bounceDomain = links.bounceDomain ?? domain;
  // Tokens and encoded addresses contain no dot, so dot-stuffing is the same for every reader.
  const wire = [...cutHoles(stuff(composed.body), placeholders), finalDot];
  const seal = signer?.prepare(source.from.address, composed.headers);
  const hashFor = seal && bodyHasher(bodyOf(composed), placeholders);
  const partsFor = (reader: Reader, body: readonly Piece[], signed: boolean): Parts => {
    const own: Fillings = {
      ...signTokens(links.key, reader.subscriptionId, used),
      addressInText: reader.address,
      addressInHtml: escapeHtml(reader.address),
      clicks: signClicks?.(reader.subscriptionId),
    };
    // RFC 8058 section 3.1: one HTTPS URI that takes a POST without a question. Apple's button mails the other
    // address, which would be an empty promise while no mail is taken in.
    const { subscriptionId } = reader;
    const mailto = links.takesMail
      ? `, <mailto:${envelopeSender(links.verpKey, { kind: 'unsubscribe', subscriptionId, issueId: source.issueId }, bounceDomain)}>`
      : '';
    const headers = Buffer.from(
      `To: ${headerLine('To', reader.address)}\r\n` +
        `Message-ID: ${messageId(links, source.issueId, reader.subscriberId, domain, { keyId: key.id, nonce: reader.nonce })}\r\n` +
        `List-Unsubscribe: <${links.baseUrl}/unsubscribe/${own.unsubscribe}>${mailto}\r\n`,
      'utf8',
    );
    const seals = signed && seal && hashFor ? seal(headers, hashFor(own)) : '';
    return [seals, headers, composed.headers, ...fill(body, own)];
  };
  return {
    senderFor: ({ subscriberId }, verp = true) =>
      verp
        ? verpSender(links.verpKey, { issueId: source.issueId, subscriberId }, bounceDomain)
        : source.from.address,
    messageFor: (reader) => join(partsFor(reader, pieces, true)),
    dataFor: (reader, signed) => partsFor(reader, wire, signed),
  };
}
