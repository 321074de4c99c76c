// The images that a mail shows.
import type { Db } from '../db.js';
import type { ImageHost } from '../images/image-address.js';
import { openImageBook, openLogoBook, type ImageBook } from '../images/image-book.js';
import type { Newsletter } from '../newsletters/schema.js';
import { imageUrlsIn, picturesIn } from '../posts/image-urls.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { logoUrl } from './logo-url.js';
import { isShowable } from './digest-view.js';
import { htmlOfWords } from './publisher-text.js';
import type { MailPost } from './render-variant.js';

/** The post's own image; with `whole`, also those in its text. */
function imageUrls({ image, html }: Pick<MailPost, 'image' | 'html'>, whole: boolean): string[] {
  const own = image === null ? undefined : secureImageUrl(image.url);
  return [...(own === undefined ? [] : [own]), ...(whole ? imageUrlsIn(html) : [])];
}

/** Images in the publisher's words. */
function urlsInWords({ words }: Pick<Newsletter, 'words'>): string[] {
  return Object.values(words).flatMap((text) => (text === null ? [] : imageUrlsIn(htmlOfWords(text))));
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
  const logo = logoUrl(look);
  const withLogo = await openLogoBook(db, logo, host.baseUrl);
  const urls = [
    ...shown.flatMap((post) => imageUrls(post, content === 'full')),
    // The content of an uploaded logo is here, and needs no row.
    ...(logo === undefined || withLogo.isUploaded ? [] : [logo]),
    ...urlsInWords(newsletter),
  ];
  const open = async (wanted: readonly string[]): Promise<ImageBook> => {
    const book = await openImageBook(db, [...new Set(wanted)], look.images === 'hosted' ? host : undefined);
    return withLogo.over(book);
  };
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
