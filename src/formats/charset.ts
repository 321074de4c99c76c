// From bytes to text. In order: byte order mark, the HTTP header, what the document says of itself (RFC 7303 section 3).
// UTF-8, US-ASCII and ISO 8859-1 are what servers and programs say of whatever they send: there the bytes decide. If they
// are UTF-8, or were before a character was cut in half, it is UTF-8; else what the document says that nobody says
// by default; else windows-1252.
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

function hasBytes(bytes: Uint8Array, ...expected: number[]): boolean {
  return expected.every((byte, index) => bytes[index] === byte);
}

/** What the first bytes alone tell. */
function evident(bytes: Uint8Array): string | undefined {
  if (hasBytes(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8';
  if (hasBytes(bytes, 0xff, 0xfe, 0, 0)) return 'utf-32le';
  if (hasBytes(bytes, 0, 0, 0xfe, 0xff)) return 'utf-32be';
  if (hasBytes(bytes, 0xff, 0xfe)) return 'utf-16le';
  if (hasBytes(bytes, 0xfe, 0xff)) return 'utf-16be';
  // Two letters of ASCII in UTF-16 without a byte order mark, whatever they are (RFC 4627 section 3).
  const [first, second, third, fourth] = bytes;
  if (first && second === 0 && third && fourth === 0) return 'utf-16le';
  if (first === 0 && second && third === 0 && fourth) return 'utf-16be';
  return undefined;
}

function declared(bytes: Buffer): string | undefined {
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/i.exec(bytes.toString('latin1', 0, 1024))?.[1];
}

// What could be read a byte at a time is not what programs call it that write their own strings' charset.
const isWide = (charset: string): boolean => /^(utf-?16|utf-?32|ucs-?[24])/i.test(charset);

const isDefault = (charset: string): boolean =>
  /^(utf-?8|us-ascii|ascii|iso-?8859-?1|latin-?1)$/i.test(charset);

/**
 * True if the bytes are UTF-8, but for a few: a program that counts bytes cuts characters in half. In another charset a
 * sequence of UTF-8 comes about by chance, and rarely: of those bytes that are not ASCII, nearly all are in none.
 */
function isMeantAsUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const text = bytes.toString('utf8');
  const bad = text.match(/\ufffd/g)?.length ?? 0;
  // Of each sequence all bytes but the first; U+FFFD is itself three bytes long.
  const good = Buffer.byteLength(text) - text.length - 2 * bad;
  return good >= 2 * bad;
}

function charsetOf(bytes: Buffer, contentType: string | undefined): string {
  const header = /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType ?? '')?.[1];
  const [first = 'utf-8', second] = [header, declared(bytes)]
    .filter((name) => name !== undefined && iconv.encodingExists(name))
    .filter((name) => !isWide(name ?? ''));
  // A server that says one charset of everything, against a document that says UTF-8 and is: the document knows.
  const isMislabelled = /^utf-?8$/i.test(second ?? '') && isUtf8(bytes);
  if (!isDefault(first) && !isMislabelled) return first;
  if (isMeantAsUtf8(bytes)) return 'utf-8';
  // WHATWG: what calls itself ISO 8859-1 is windows-1252.
  return second === undefined || isDefault(second) ? 'windows-1252' : second;
}

/** The document's text; what no charset explains is U+FFFD. */
export function decodeDocument(bytes: Uint8Array, contentType: string | undefined): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return iconv.decode(buffer, evident(bytes) ?? charsetOf(buffer, contentType));
}
