// Decodes a document's bytes into text. The charset comes from these sources, in order (RFC 7303 section 3):
// 1. the byte order mark
// 2. the HTTP header
// 3. the document's own declaration
//
// Servers and programs name UTF-8, US-ASCII and ISO 8859-1 by default, whatever they send. For these names
// the bytes decide:
// - Bytes that are UTF-8, apart from characters cut in half, are read as UTF-8.
// - Other bytes are read in the charset that the document declares, unless that is a default name too.
// - Everything else is read in the charset that its letters or its language suggest, usually windows-1252.
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { guessCharset } from './guess-charset.js';

function hasBytes(bytes: Uint8Array, ...expected: number[]): boolean {
  return expected.every((byte, index) => bytes[index] === byte);
}

/** The charset that the first bytes alone prove. */
function evident(bytes: Uint8Array): string | undefined {
  if (hasBytes(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8';
  if (hasBytes(bytes, 0xff, 0xfe, 0, 0)) return 'utf-32le';
  if (hasBytes(bytes, 0, 0, 0xfe, 0xff)) return 'utf-32be';
  if (hasBytes(bytes, 0xff, 0xfe)) return 'utf-16le';
  if (hasBytes(bytes, 0xfe, 0xff)) return 'utf-16be';
  // Two ASCII characters in UTF-16 without a byte order mark (RFC 4627 section 3).
  const [first, second, third, fourth] = bytes;
  if (first && second === 0 && third && fourth === 0) return 'utf-16le';
  if (first === 0 && second && third === 0 && fourth) return 'utf-16be';
  return undefined;
}

function declared(bytes: Buffer): string | undefined {
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/i.exec(bytes.toString('latin1', 0, 1024))?.[1];
}

// Some programs name the charset of their internal strings, such as UTF-16. A document that could be read one
// byte at a time is in no such charset.
const isWide = (charset: string): boolean => /^(utf-?16|utf-?32|ucs-?[24])/i.test(charset);

const isDefault = (charset: string): boolean =>
  /^(utf-?8|us-ascii|ascii|iso-?8859-?1|latin-?1)$/i.test(charset);

/**
 * True if the bytes are UTF-8 except for a few: a program that counts bytes cuts characters in half. In other
 * charsets a UTF-8 sequence is a rare accident, so nearly none of their non-ASCII bytes form one.
 */
function isMeantAsUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const text = bytes.toString('utf8');
  const bad = text.match(/\ufffd/g)?.length ?? 0;
  // Counts the continuation bytes of the valid sequences. U+FFFD itself is three bytes long.
  const good = Buffer.byteLength(text) - text.length - 2 * bad;
  return good >= 2 * bad;
}

function charsetOf(bytes: Buffer, contentType: string | undefined): string {
  const header = /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType ?? '')?.[1];
  const [first = 'utf-8', second] = [header, declared(bytes)]
    .filter((name) => name !== undefined && iconv.encodingExists(name))
    .filter((name) => !isWide(name ?? ''));
  // Some servers send one charset for everything. A document that declares UTF-8 and is UTF-8 is right.
  const isMislabelled = /^utf-?8$/i.test(second ?? '') && isUtf8(bytes);
  if (!isDefault(first) && !isMislabelled) return first;
  if (isMeantAsUtf8(bytes)) return 'utf-8';
  // WHATWG: the label ISO 8859-1 means windows-1252.
  return second === undefined || isDefault(second) ? guessCharset(bytes) : second;
}

/** The document's text. Bytes that the charset cannot decode become U+FFFD. */
export function decodeDocument(bytes: Uint8Array, contentType: string | undefined): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return iconv.decode(buffer, evident(bytes) ?? charsetOf(buffer, contentType));
}
