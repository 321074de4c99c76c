// The images that posts show in a mail.
import type { Db } from '../db.js';
import type { ImageHost } from '../images/image-address.js';
import { openImageBook, type ImageBook } from '../images/image-book.js';
import type { Newsletter } from '../newsletters/schema.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import type { PostRow } from './store.js';

const unescape = (attribute: string): string =>
  attribute
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The addresses in sanitised HTML; beside each post's own image. */
function imageUrls(post: Pick<PostRow, 'image' | 'html'>, whole: boolean): string[] {
  const inside = whole
    ? Array.from(post.html.matchAll(/<img [^>]*?\bsrc="([^"]*)"/g), ([, src = '']) => src)
    : [];
  return [...(post.image === null ? [] : [post.image.url]), ...inside.map(unescape)].flatMap(
    (url) => secureImageUrl(url) ?? [],
  );
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
