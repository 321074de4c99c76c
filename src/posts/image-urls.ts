// The images in a post's stored HTML. Pure but for the sanitiser.
import type { PostImage } from './incoming.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { safeUrl } from './safe-url.js';
import { pixels } from './sanitise.js';
import { secureImageUrl } from './secure-image-url.js';

/** Characters of an image's description. */
export const altAtMost = 300;

/** The images of sanitised HTML, in their order. */
export function imagesIn(html: string): PostImage[] {
  return Array.from(html.matchAll(/<img [^>]*>/g), ([tag]) => tag).flatMap((tag) => {
    const attribute = (name: string): string | undefined =>
      new RegExp(` ${name}="([^"]*)"`)
        .exec(tag)?.[1]
        ?.replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&');
    const url = safeUrl(attribute('src'));
    if (url === undefined) return [];
    const width = pixels(attribute('width'));
    const height = pixels(attribute('height'));
    const alt = cutAtWord(oneLine(attribute('alt') ?? ''), altAtMost);
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

/** Those that can be the post's picture in a mail: large enough, so no emoji, badges and share buttons. */
export function picturesIn(html: string): PostImage[] {
  return imagesIn(html).filter(
    ({ url, width = 1000, height = 1000 }) =>
      width >= 100 && height >= 60 && secureImageUrl(url) !== undefined,
  );
}

/** Their addresses as they may stand in a mail; `unsized`: only of those whose width or height the HTML does not say. */
export function imageUrlsIn(html: string, { unsized = false } = {}): string[] {
  return imagesIn(html)
    .filter(({ width, height }) => !unsized || width === undefined || height === undefined)
    .flatMap(({ url }) => secureImageUrl(url) ?? []);
}
