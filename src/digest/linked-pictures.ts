// Pictures that stand for words. A screen reader says the address of a link without words, letter by letter, unless
// its picture has a description; and an emoji as a picture has no size. Pure; the HTML is a post's as stored
// (src/posts/sanitise.ts).
import { parseUrl } from '../parse-url.js';
import { hostOf } from '../text/words.js';

const wordless = /<a ([^>]*)>((?:\s|<br \/>|<img [^>]*>)*)<\/a>/g;
const pictureFile = /\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?)$/i;

function hrefIn(attributes: string): string {
  return (/href="([^"]*)"/.exec(attributes)?.[1] ?? '').replaceAll('&amp;', '&');
}

/** Whether the address is that of a picture, whatever resizing service stands before it. */
const isPicture = (address: string): boolean => pictureFile.test(parseUrl(address)?.pathname ?? '');

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/**
 * `html` in which each link has a name. A link from a picture to a larger copy of it goes; one that leads elsewhere is
 * named after the site. A link without any content goes.
 */
export function withNamedLinks(html: string): string {
  return html.replaceAll(wordless, (link, attributes: string, inside: string) => {
    if (/ alt="\s*[^"\s]/.test(inside)) return link;
    const href = hrefIn(attributes);
    const host = hostOf(href);
    if (!inside.includes('<img ') || host === undefined || isPicture(href)) return inside;
    const image = inside.replace(/ alt="\s*"/, '');
    return `<a ${attributes}>${image.replace('<img ', `<img alt="${escape(host)}" `)}</a>`;
  });
}

/** WordPress writes emoji as pictures of 72 pixels, and shrinks them by a style that no feed brings along. */
const emoji = /<img [^>]*alt="([\p{Extended_Pictographic}\p{Emoji_Component}]+)"[^>]*>/gu;

/** `html` with emoji as characters. */
export function withEmoji(html: string): string {
  return html.replaceAll(emoji, (picture, words: string) => (/\D/u.test(words) ? words : picture));
}
