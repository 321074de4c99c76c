// Two readings of one document, made one: what the better reading lacks of a post, the other may have. Pure.
//
// Which items are the same? Readings differ in what they count (an empty <item/>), so that the place alone tells nothing
// then. By guid, else by address, else by a title or text that one item alone has; and each item answers for one other:
// a wrong pair would put one post's address or date on another.
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
  if (items.every(isComplete)) return [...items];
  const pairs = pair(items, others);
  return items.map((item) => {
    const other = isComplete(item) ? undefined : pairs.get(item);
    return other === undefined ? item : { ...item, post: fill(item.post, other.post) };
  });
}

type Name = (post: IncomingPost) => string | undefined;

const guid: Name = (post) => post.guid;
const title: Name = (post) => (post.title === '' ? undefined : post.title);
const text: Name = (post) => post.html ?? post.text;

/** The ways to know an item, the best first; `unless` both have one of these and they differ. */
const ways: readonly { name: Name; isUnique: boolean; unless: readonly Name[] }[] = [
  { name: guid, isUnique: false, unless: [] },
  { name: (post) => post.url, isUnique: false, unless: [guid] },
  { name: title, isUnique: true, unless: [guid] },
  { name: text, isUnique: true, unless: [guid, title] },
];

function differ(one: FeedItem | undefined, other: FeedItem | undefined, name: Name): boolean {
  if (one === undefined || other === undefined) return true;
  const [own, theirs] = [name(one.post), name(other.post)];
  return own !== undefined && theirs !== undefined && own !== theirs;
}

function byName(items: readonly FeedItem[], name: Name): Map<string, FeedItem[]> {
  const bearers = new Map<string, FeedItem[]>();
  for (const item of items) {
    const own = name(item.post);
    if (own === undefined) continue;
    const same = bearers.get(own);
    if (same === undefined) bearers.set(own, [item]);
    else same.push(item);
  }
  return bearers;
}

function pair(items: readonly FeedItem[], others: readonly FeedItem[]): Map<FeedItem, FeedItem> {
  const pairs = new Map<FeedItem, FeedItem>();
  const used = new Set<FeedItem>();
  const add = (item: FeedItem, other: FeedItem | undefined): void => {
    if (other === undefined || pairs.has(item) || used.has(other)) return;
    pairs.set(item, other);
    used.add(other);
  };
  const isOther = (item: FeedItem, index: number): boolean =>
    [guid, title].every((name) => differ(item, others[index], name));
  // As many in both readings, in the document's order.
  if (items.length === others.length && !items.some(isOther)) {
    for (const [index, item] of items.entries()) add(item, others[index]);
    return pairs;
  }
  for (const { name, isUnique, unless } of ways) {
    const theirs = byName(others, name);
    for (const [value, own] of byName(items, name)) {
      const same = theirs.get(value) ?? [];
      // A name that several bear tells their order, unless one of them lacks in the other reading.
      if (own.length !== same.length || (isUnique && own.length > 1)) continue;
      for (const [index, item] of own.entries())
        if (!unless.some((other) => differ(item, same[index], other))) add(item, same[index]);
    }
  }
  return pairs;
}

function fill(post: IncomingPost, other: IncomingPost): IncomingPost {
  const { html, text: words, excerpt, ...rest } = other;
  const given = Object.fromEntries(
    Object.entries({ html, text: words, excerpt }).filter(([, value]) => value !== undefined),
  );
  return {
    ...rest,
    ...post,
    title: post.title === '' ? other.title : post.title,
    // All of the text from one reading: two would be shown one after the other.
    ...(hasWords(post) ? {} : given),
  };
}
