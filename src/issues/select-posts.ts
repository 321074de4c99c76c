// Which posts a group of readers gets. Pure.
//
// Readers with the same read_through, read_ahead and topics are one group; groups with the same list share a variant.
import { createHash } from 'node:crypto';

export interface Candidate {
  id: string;
  seq: number;
  topics: readonly string[];
  pinned: boolean;
}

export interface Group {
  readThrough: number;
  /** Beyond read_through, and had already. */
  readAhead: readonly number[];
  /** null: all. */
  topics: readonly string[] | null;
}

export interface Selection {
  posts: readonly string[];
  /** Beyond the maximum: counted, linked to, not shown. */
  more: number;
}

function isFor(post: Candidate, group: Group): boolean {
  if (post.seq <= group.readThrough || group.readAhead.includes(post.seq)) return false;
  // A post without a topic is for everyone: readers choose among topics, not against posts that have none.
  if (group.topics === null || post.topics.length === 0) return true;
  return post.topics.some((topic) => group.topics?.includes(topic));
}

/** Pinned first, then the newest arrival first. Undefined: nothing new, or fewer than `minPosts`. */
export function selectPosts(
  posts: readonly Candidate[],
  group: Group,
  { minPosts, maxPosts }: { minPosts: number; maxPosts: number },
): Selection | undefined {
  const chosen = posts
    .filter((post) => isFor(post, group))
    .toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || b.seq - a.seq);
  if (chosen.length < Math.max(1, minPosts)) return undefined;
  return {
    posts: chosen.slice(0, maxPosts).map((post) => post.id),
    more: Math.max(0, chosen.length - maxPosts),
  };
}

/** Names a variant: equal for equal lists in one language. */
export function variantKey(selection: Selection, language: string): string {
  return createHash('sha256')
    .update(JSON.stringify([selection.posts, selection.more, language]))
    .digest('base64url');
}
