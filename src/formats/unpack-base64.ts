// Decodes the base64 texts of Atom 0.3: <content type="text/html" mode="base64">. Parsers no longer know
// them. Pure.
import { isUtf8 } from 'node:buffer';

const packed =
  /(<(?:[\w-]{1,50}:)?(?:title|summary|content|info|tagline)\s(?:[^<>]{0,300}\s)?mode\s*=\s*)["']base64["']([^<>]{0,300}>)(?:\s*<!\[CDATA\[)?([\sa-z\d+/=]*)(?:\]\]>\s*)?(?=<\/)/gi;

/** The document with its base64 texts decoded. Content that is not text (an image) is dropped. */
export function unpackBase64(xml: string): string {
  if (!xml.includes('http://purl.org/atom/ns#') || !/mode\s*=\s*["']base64/i.test(xml)) return xml;
  return xml.replaceAll(packed, (_, start: string, end: string, code: string) => {
    const bytes = Buffer.from(code, 'base64');
    const text = /type\s*=\s*["'](?!text|application\/xhtml|html)/i.test(start + end)
      ? ''
      : bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return `${start}"escaped"${end}${escaped}`;
  });
}
