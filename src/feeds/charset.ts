// From bytes to text. In order: byte order mark, the HTTP header, what the document says of itself, else UTF-8 if it is
// UTF-8, else windows-1252. (RFC 7303 section 3; browsers agree.)
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';

function hasBytes(bytes: Uint8Array, ...expected: number[]): boolean {
  return expected.every((byte, index) => bytes[index] === byte);
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (hasBytes(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8';
  if (hasBytes(bytes, 0xff, 0xfe, 0, 0)) return 'utf-32le';
  if (hasBytes(bytes, 0, 0, 0xfe, 0xff)) return 'utf-32be';
  if (hasBytes(bytes, 0xff, 0xfe)) return 'utf-16le';
  if (hasBytes(bytes, 0xfe, 0xff)) return 'utf-16be';
  return undefined;
}

function declared(bytes: Uint8Array): string | undefined {
  // Two letters of ASCII in UTF-16 without a byte order mark, whatever they are (RFC 4627 section 3).
  const [first, second, third, fourth] = bytes;
  if (first && second === 0 && third && fourth === 0) return 'utf-16le';
  if (first === 0 && second && third === 0 && fourth) return 'utf-16be';
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const said = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/i.exec(head)?.[1];
  // What could be read a byte at a time is not what programs call it that write their own strings' charset.
  return isWide(said) ? 'utf-8' : said;
}

const isWide = (charset: string | undefined): boolean => /^(utf-?16|utf-?32|ucs-?[24])/i.test(charset ?? '');

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A document that says UTF-8 but is not is read as windows-1252, which the others of its kind are in. */
function reconsidered(charset: string, bytes: Uint8Array): string {
  const name = charset.toLowerCase();
  if (/^(utf-?8|us-ascii|ascii)$/.test(name)) return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
  // WHATWG: what calls itself ISO 8859-1 is windows-1252. A UTF-8 document behind such a header is common too.
  if (/^(iso-?8859-?1|latin-?1)$/.test(name)) return 'windows-1252';
  return name;
}

/** The document's text. */
export function decodeDocument(bytes: Uint8Array, contentType: string | undefined): string {
  const mark = byteOrderMark(bytes);
  const header = /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType ?? '')?.[1];
  const own = declared(bytes);
  const candidates = [mark, isWide(header) && !isWide(own) ? undefined : header, own].filter(
    (name) => name !== undefined && iconv.encodingExists(name),
  );
  // A server that labels everything ISO 8859-1, against a document that says UTF-8 and is: the document knows.
  const isMislabelled =
    mark === undefined &&
    /^utf-?8$/i.test(own ?? 'utf-8') &&
    (header ?? '').endsWith('8859-1') &&
    isUtf8(bytes);
  const charset = isMislabelled ? 'utf-8' : reconsidered(candidates[0] ?? 'utf-8', bytes);
  return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), charset);
}
