// Two readings of one document, made one: what the better reading lacks of a post, the other may have. Pure.
import type { FeedItem } from './document.js';
import type { IncomingPost } from '../posts/incoming.js';

const hasWords = ({ html, text, excerpt }: IncomingPost): boolean =>
  [html, text, excerpt].some((words) => words !== undefined && words.trim() !== '');

/** True if nothing that a post should have is missing. */
export function isComplete({ post }: FeedItem): boolean {
  const { guid, url, title, publishedAt } = post;
  return (
    title !== '' && guid !== undefined && url !== undefined && publishedAt !== undefined && hasWords(post)
  );
}

/** The items, each completed with what `others` know of the same one. */
export function complete(items: readonly FeedItem[], others: readonly FeedItem[]): FeedItem[] {
  return items.map((item, index) => {
    const other = isComplete(item) ? undefined : sameAs(item, index, items, others);
    return other === undefined ? item : { ...item, post: fill(item.post, other.post) };
  });
}

/** By position if both readings have as many, else by a name that both have. */
function sameAs(
  { post }: FeedItem,
  index: number,
  items: readonly FeedItem[],
  others: readonly FeedItem[],
): FeedItem | undefined {
  if (items.length === others.length) return others[index];
  return others.find(
    (other) =>
      (post.guid !== undefined && post.guid === other.post.guid) ||
      (post.url !== undefined && post.url === other.post.url) ||
      (post.title !== '' && post.title === other.post.title) ||
      (post.html !== undefined && post.html === other.post.html),
  );
}

function fill(post: IncomingPost, other: IncomingPost): IncomingPost {
  const { html, text, excerpt, ...rest } = other;
  const words = Object.fromEntries(
    Object.entries({ html, text, excerpt }).filter(([, value]) => value !== undefined),
  );
  return {
    ...rest,
    ...post,
    title: post.title === '' ? other.title : post.title,
    // All of the text from one reading: two would be shown one after the other.
    ...(hasWords(post) ? {} : words),
  };
}
