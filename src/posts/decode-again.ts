// Decodes HTML that was escaped once too often: escaped inside CDATA, or escaped twice. Readers would see
// tags. Pure.

const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const reference = /&(?:(lt|gt|quot|apos|amp)|#(\d{2,3})|#x([\da-f]{2}));/gi;
const block = 'p|div|h[1-6]|ul|ol|dl|blockquote|table|figure|pre|section|article|main|header|center';
const opening = new RegExp(`^<(?:${block})(?:\\s[^<>]*)?>`, 'i');
const closing = new RegExp(`</(?:${block})>$`, 'i');

/**
 * The HTML decoded once more, if all of it is escaped: it has no tag before decoding, and block tags at both
 * ends after. A text about tags ("&lt;p&gt; or &lt;div&gt;?") stays unchanged.
 */
export function decodeAgain(html: string): string {
  const whole = html.trim();
  if (!/^&(?:lt|#60|#x3c);/i.test(whole) || /<[a-z!/]/i.test(whole)) return html;
  const decoded = whole
    .replaceAll(reference, (_, name?: string, decimal?: string, hex?: string) =>
      name === undefined
        ? String.fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal))
        : (characters[name.toLowerCase()] ?? ''),
    )
    .trim();
  return opening.test(decoded) && closing.test(decoded) ? decoded : html;
}
