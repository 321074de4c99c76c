// The links of a mail's HTML part that are counted, for readers who agreed. Pure.
//
// A variant is stored with plain links. Its second rendering differs in their addresses alone. The text part keeps its
// links: there a reader sees the address itself, which should say where it leads.
import { parseUrl } from '../parse-url.js';
import { escapeHtml, unescapeHtml } from '../text/escape-html.js';
import { clickTokenLength } from './click-token.js';

/** The attribute's value. A publisher's template may write any character as a number. */
const valueOf = (attribute: string): string =>
  attribute.replaceAll(
    /&(?:#x([0-9a-f]{1,5})|#(\d{1,6})|[a-z]+);/gi,
    (whole, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : unescapeHtml(whole);
    },
  );

const anchors = /(<a\b[^>]*?\shref=")([^"]*)"/gi;

/**
 * Our own addresses are never counted: to unsubscribe, the preferences, the archive. PostgreSQL stores no NUL, and
 * the freeze must not fail for a link.
 */
function isCounted(url: string, baseUrl: string): boolean {
  const parsed = /\p{Cc}/u.test(url) ? undefined : parseUrl(url);
  if (parsed === undefined) return false;
  return /^https?:$/.test(parsed.protocol) && parsed.host !== new URL(baseUrl).host;
}

/** The addresses of the HTML part that are counted, each once. */
export function countedLinksIn(html: string, baseUrl: string): string[] {
  const found = [...html.matchAll(anchors)].map(([, , href = '']) => valueOf(href));
  return [...new Set(found.filter((url) => isCounted(url, baseUrl)))];
}

/** The HTML part with other addresses for the links that `addressFor` knows. */
export const withLinks = (html: string, addressFor: (url: string) => string | undefined): string =>
  html.replace(anchors, (whole, before: string, href: string) => {
    const address = addressFor(valueOf(href));
    return address === undefined ? whole : `${before}${escapeHtml(address)}"`;
  });

/** The address of a counted link. `token` may be a placeholder. */
export const clickAddress = (baseUrl: string, token: string): string => `${baseUrl}/c/${token}`;

/** The HTML part as large as with counted links. */
export const asIfCounted = (html: string, baseUrl: string): string =>
  withLinks(html, (url) =>
    isCounted(url, baseUrl) ? clickAddress(baseUrl, 'x'.repeat(clickTokenLength)) : undefined,
  );
