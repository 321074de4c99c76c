// What a feed gives beside a post's text, from Media RSS or an enclosure: an image, a sound, a film.
import type { MediaNs } from 'feedsmith';
import type { IncomingMedia, PostImage } from '../posts/incoming.js';
import { htmlOf, looksLikeHtml } from '../posts/html-text.js';
import { mediaOf } from '../posts/media-links.js';
import { defined } from './document.js';

type MediaContent = MediaNs.Content;

const imageName = /\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)/i;

function isImage({ url, medium, type }: Pick<MediaContent, 'url' | 'medium' | 'type'>): boolean {
  return (
    url !== undefined &&
    (medium === 'image' || type?.startsWith('image/') === true || (!type && !medium && imageName.test(url)))
  );
}

/** True if content of this type is words to read: text, plain or with markup, but no other document or file. */
export const isWords = (type: string | undefined): boolean =>
  /^\s*(?:$|plain\b|text\b|html\b|xhtml\b|application\/xhtml)/i.test(type ?? '');

/** The description of Media RSS as HTML. Its type is "plain" or "html"; without one, publishers mean either. */
export function mediaDescription(media: MediaNs.ItemOrFeed | undefined): string | undefined {
  const descriptions = [media, ...(media?.groups ?? []), ...(media?.contents ?? [])].map(
    (found) => found?.description,
  );
  const { value, type = '' } = descriptions.find((found) => found?.value !== undefined) ?? {};
  if (value === undefined) return undefined;
  return /html/i.test(type) || (type === '' && looksLikeHtml(value)) ? value : htmlOf(value);
}

function largest(images: readonly PostImage[]): PostImage | undefined {
  return images.reduce<PostImage | undefined>(
    (best, image) => (best === undefined || (image.width ?? 0) > (best.width ?? 0) ? image : best),
    undefined,
  );
}

/** The largest image of Media RSS, with its description as the alternative text. */
export function mediaImage(media: MediaNs.ItemOrFeed | undefined): PostImage | undefined {
  if (media === undefined) return undefined;
  const groups = media.groups ?? [];
  const contents = [...(media.contents ?? []), ...groups.flatMap((group) => group.contents ?? [])].filter(
    isImage,
  );
  const full = contents.map(({ url = '', width, height, description }) =>
    defined({ url, width, height, alt: description?.value ?? media.description?.value }),
  );
  const thumbnails = [...(media.thumbnails ?? []), ...groups.flatMap((group) => group.thumbnails ?? [])]
    .filter(({ url }) => url !== undefined)
    .map(({ url = '', width, height }) => defined({ url, width, height }));
  return largest(full) ?? largest(thumbnails);
}

/** The first enclosure that is an image. */
export function enclosedImage(enclosures: readonly { url?: string; type?: string }[]): PostImage | undefined {
  const url = enclosures.find((enclosure) => isImage(enclosure))?.url;
  return url === undefined ? undefined : { url };
}

interface Enclosure {
  url?: string;
  type?: string;
  seconds?: number;
}

/**
 * The first sound or film that the feed gives with a post: an enclosure, else of Media RSS. `seconds`: the
 * length that the feed states for the post.
 */
export function enclosedMedia(
  enclosures: readonly Enclosure[],
  base: string,
  media?: MediaNs.ItemOrFeed,
  seconds?: number,
): IncomingMedia | undefined {
  const groups = media?.groups ?? [];
  const contents = [...(media?.contents ?? []), ...groups.flatMap((group) => group.contents ?? [])].map(
    ({ url, type, medium, duration }) =>
      defined({ url, type: type ?? (medium && `${medium}/`), seconds: duration }),
  );
  const players = [media?.player, ...groups.map(({ player }) => player)].map((player) =>
    defined({ url: player?.url }),
  );
  const all: Enclosure[] = [...enclosures, ...contents, ...players];
  return all
    .flatMap(({ url, ...rest }) =>
      url === undefined ? [] : [defined({ ...rest, url, seconds: seconds ?? rest.seconds })],
    )
    .find((given) => mediaOf(given, base) !== undefined);
}
