// The images in a post's stored HTML. Pure except for the sanitiser.
import type { PostImage } from './incoming.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { unescapeHtml } from '../text/escape-html.js';
import { safeUrl } from './safe-url.js';
import { pixels } from './sanitise.js';
import { secureImageUrl } from './secure-image-url.js';

/** The maximum length of an image's description, in characters. */
export const altAtMost = 300;

/** The images of sanitised HTML, in document order. */
export function imagesIn(html: string): PostImage[] {
  return Array.from(html.matchAll(/<img [^<>]*>/g), ([tag]) => tag).flatMap((tag) => {
    const attribute = (name: string): string =>
      unescapeHtml(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
    const url = safeUrl(attribute('src'));
    if (url === undefined) return [];
    const width = pixels(attribute('width'));
    const height = pixels(attribute('height'));
    const alt = cutAtWord(oneLine(attribute('alt')), altAtMost);
    return [
      {
        url,
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
        ...(alt === '' ? {} : { alt }),
      },
    ];
  });
}

/** The images that can illustrate a mail: large enough to exclude emoji, badges and share buttons. */
export function picturesIn(html: string): PostImage[] {
  return imagesIn(html).filter(
    ({ url, width = 1000, height = 1000 }) =>
      width >= 100 && height >= 60 && secureImageUrl(url) !== undefined,
  );
}

/** The images' addresses, for a mail. `unsized` selects images without a width or a height in the HTML. */
export function imageUrlsIn(html: string, { unsized = false } = {}): string[] {
  return imagesIn(html)
    .filter(({ width, height }) => !unsized || width === undefined || height === undefined)
    .flatMap(({ url }) => secureImageUrl(url) ?? []);
}
