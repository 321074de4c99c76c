// The images that posts show in a mail.
import type { Db } from '../db.js';
import type { ImageHost } from '../images/image-address.js';
import { openImageBook, type ImageBook } from '../images/image-book.js';
import type { Newsletter } from '../newsletters/schema.js';
import { imageUrlsIn } from '../posts/image-urls.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import type { PostRow } from './store.js';

/** Of the post's own image and, beside it, of those in its text. */
function imageUrls({ image, html }: Pick<PostRow, 'image' | 'html'>, whole: boolean): string[] {
  const own = image === null ? undefined : secureImageUrl(image.url);
  return [...(own === undefined ? [] : [own]), ...(whole ? imageUrlsIn(html) : [])];
}

/** What is known of the images of `posts`; and our addresses of them, if the newsletter's look wants its images from us. */
export async function imagesOfPosts(
  db: Db,
  { content, look }: Pick<Newsletter, 'content' | 'look'>,
  posts: readonly Pick<PostRow, 'image' | 'html'>[],
  host: ImageHost,
): Promise<ImageBook> {
  if (content === 'headlines') return openImageBook(db, [], undefined);
  const urls = [...new Set(posts.flatMap((post) => imageUrls(post, content === 'full')))];
  return openImageBook(db, urls, look.images === 'hosted' ? host : undefined);
}
