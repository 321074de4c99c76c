// The parts that every mail must show, with any template: the unsubscribe link and the sender's postal
// address (CAN-SPAM, 15 USC 7704(a)(5)). Pure but for the sanitiser.
import sanitizeHtml from 'sanitize-html';

export type MustHave = 'unsubscribe' | 'postal-address';

/** The HTML without invisible parts. */
export const visible = (html: string): string =>
  sanitizeHtml(html.slice(Math.max(0, html.indexOf('<body'))), {
    allowedTags: false,
    allowedAttributes: false,
    allowVulnerableTags: true,
    exclusiveFilter: ({ attribs }) => /display:\s*none|visibility:\s*hidden/i.test(attribs['style'] ?? ''),
  });

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The required parts that `html` does not show. */
export function missingFrom(
  html: string,
  { unsubscribeUrl, addressLines }: { unsubscribeUrl: string; addressLines: readonly string[] },
): MustHave[] {
  const seen = visible(html);
  const links = seen.matchAll(/<a\b[^>]*\shref="([^"]*)"[^>]*>\s*[^<\s]/gi);
  const words = sanitizeHtml(seen, { allowedTags: [], allowedAttributes: {} });
  const wayOut = escaped(unsubscribeUrl);
  return [
    ...([...links].some(([, href]) => href === wayOut) ? [] : (['unsubscribe'] as const)),
    ...(addressLines.every((line) => words.includes(escaped(line))) ? [] : (['postal-address'] as const)),
  ];
}
