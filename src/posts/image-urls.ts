// The images in a post's stored HTML, as their addresses may stand in a mail. Pure.
import { secureImageUrl } from './secure-image-url.js';

const unescape = (attribute: string): string =>
  attribute
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The addresses in sanitised HTML; `unsized`: only of those whose width or height it does not say. */
export function imageUrlsIn(html: string, { unsized = false } = {}): string[] {
  return (html.match(/<img [^>]*>/g) ?? []).flatMap((tag) => {
    if (unsized && / width="\d/.test(tag) && / height="\d/.test(tag)) return [];
    const [, src = ''] = / src="([^"]*)"/.exec(tag) ?? [];
    return secureImageUrl(unescape(src)) ?? [];
  });
}
