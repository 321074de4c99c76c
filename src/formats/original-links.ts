// FeedBurner and Pheedo replace a post's address with a counting one, and put the original beside it. Pure.
import { safeUrl } from '../posts/safe-url.js';

const original = /<(?:feedburner|pheedo):origlink>\s*([^<>\s]{1,2048})/i;
// The other elements that an item's address may come from.
const textLinks = /<(?:(?:[\w-]{1,50}:)?link|guid|id)(?:\s[^<>]{0,300})?>\s*([^<>\s]{1,2048})/gi;
const attributeLinks = /<(?:(?:[\w-]{1,50}:)?link|enclosure)\s([^<>]{1,3000})>/gi;

const unescape = (text: string): string => text.replaceAll(/&(?:amp|#38|#x26);/gi, '&');

/** Drops comments and escapes CDATA like other text: neither may look like an element. */
function markupOf(xml: string): string {
  return xml.replaceAll(/<!\[CDATA\[([^]*?)(?:\]\]>|$)|<!--[^]*?(?:-->|$)/g, (_, text: string | undefined) =>
    (text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  );
}

/**
 * Maps each counting address to the post's own address. Leaves out a counting address that several posts
 * share.
 */
export function originalLinks(xml: string): Map<string, string> {
  const links = new Map<string, string>();
  if (!/:origlink>/i.test(xml)) return links;
  const shared = new Set<string>();
  for (const item of markupOf(xml)
    .split(/<(?:\w+:)?(?:item|entry)[\s>]/i)
    .slice(1)) {
    const own = safeUrl(unescape(original.exec(item)?.[1] ?? ''));
    if (own === undefined) continue;
    const hrefs = Array.from(
      item.matchAll(attributeLinks),
      ([, attributes = '']) => /\s(?:href|url)\s*=\s*["']([^"']+)/i.exec(` ${attributes}`)?.[1] ?? '',
    );
    const texts = Array.from(item.matchAll(textLinks), ([, text = '']) => text);
    for (const link of new Set([...hrefs, ...texts].map((text) => safeUrl(unescape(text))))) {
      if (link === undefined || link === own) continue;
      if (links.has(link) && links.get(link) !== own) shared.add(link);
      links.set(link, own);
    }
  }
  for (const link of shared) links.delete(link);
  return links;
}
