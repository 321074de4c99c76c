// The images that a mail shows.
import type { Db } from '../db.js';
import type { ImageHost } from '../images/image-address.js';
import { openImageBook, type ImageBook } from '../images/image-book.js';
import type { Newsletter } from '../newsletters/schema.js';
import { imageUrlsIn, picturesIn } from '../posts/image-urls.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { isShowable } from './digest-view.js';
import { htmlOfWords } from './publisher-text.js';
import type { MailPost } from './render-variant.js';

/** The post's own image; with `whole`, also those in its text. */
function imageUrls({ image, html }: Pick<MailPost, 'image' | 'html'>, whole: boolean): string[] {
  const own = image === null ? undefined : secureImageUrl(image.url);
  return [...(own === undefined ? [] : [own]), ...(whole ? imageUrlsIn(html) : [])];
}

/** The logo, and images in the publisher's words. */
function ownUrls({ look, words }: Pick<Newsletter, 'look' | 'words'>): string[] {
  const logo = look.logo === null ? undefined : secureImageUrl(look.logo.url);
  const inWords = Object.values(words).flatMap((text) =>
    text === null ? [] : imageUrlsIn(htmlOfWords(text)),
  );
  return [...(logo === undefined ? [] : [logo]), ...inWords];
}

/** How many of a post's images are looked up if its own cannot be shown. */
const nextAtMost = 3;

/**
 * The known sizes of a mail's images, with our addresses if the newsletter's look hosts images here.
 */
export async function imagesOfMail(
  db: Db,
  newsletter: Pick<Newsletter, 'content' | 'look' | 'words'>,
  posts: readonly Pick<MailPost, 'image' | 'html'>[],
  host: ImageHost,
): Promise<ImageBook> {
  const { content, look } = newsletter;
  const shown = content === 'headlines' ? [] : posts;
  const urls = [...shown.flatMap((post) => imageUrls(post, content === 'full')), ...ownUrls(newsletter)];
  const open = (wanted: readonly string[]): Promise<ImageBook> =>
    openImageBook(db, [...new Set(wanted)], look.images === 'hosted' ? host : undefined);
  const book = await open(urls);
  // A post whose own image cannot be shown uses the next one in its text (digest-view.ts).
  const lacking = shown.filter(({ image }) => image !== null && !isShowable(image.url, book));
  const next = lacking.flatMap(({ html }) =>
    picturesIn(html)
      .slice(0, nextAtMost)
      .flatMap(({ url }) => secureImageUrl(url) ?? []),
  );
  return next.length === 0 ? book : open([...urls, ...next]);
}
