// Completes one reading of a document from another: fills in what a post lacks. Pure.
//
// If the readings count items differently (an empty <item/>), positions do not pair them. Items then pair by
// guid, else by address, else by a title or text that only one item has. Each item pairs with one other at
// most: a wrong pair would put one post's address or date on another.
import type { FeedItem } from './document.js';
import type { IncomingPost } from '../posts/incoming.js';

const hasWords = ({ html, text, excerpt }: IncomingPost): boolean =>
  [html, text, excerpt].some((words) => words !== undefined && words.trim() !== '');

/** False if the item has nothing by which a reader could know it. */
export const isNotEmpty = ({ post }: FeedItem): boolean =>
  post.title !== '' || post.guid !== undefined || post.url !== undefined || hasWords(post);

/** True if the item needs nothing from another reading. */
export function isComplete({ post }: FeedItem): boolean {
  const { guid, url, title, publishedAt } = post;
  return (
    title !== '' && guid !== undefined && url !== undefined && publishedAt !== undefined && hasWords(post)
  );
}

/** The items, each completed from its pair in `others`. */
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

/** The keys that pair items, best first. Items with different values of one of `unless` do not pair. */
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
  // Equal counts and no contradiction: the positions pair the items.
  if (items.length === others.length && !items.some(isOther)) {
    for (const [index, item] of items.entries()) add(item, others[index]);
    return pairs;
  }
  for (const { name, isUnique, unless } of ways) {
    const theirs = byName(others, name);
    for (const [value, own] of byName(items, name)) {
      const same = theirs.get(value) ?? [];
      // Items that share a name pair in document order, but only if both readings have equally many of them.
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
    // Takes html, text and excerpt from one reading: those of two would be shown one after the other.
    ...(hasWords(post) ? {} : given),
  };
}
