// Which of an issue's posts a group of readers gets. Pure.
//
// Readers with the same read_through, read_ahead and topics are one group. Groups with the same posts share a
// variant.
import { createHash } from 'node:crypto';

/** A post of an issue. Candidates come in the order (arrange-posts.ts). */
export interface OfferedPost {
  id: string;
  seq: number;
  topics: readonly string[];
  /** If there are too many, those with the lowest rank stay. */
  rank: number;
}

export interface ReaderGroup {
  readThrough: number;
  /** Posts beyond read_through that the group has had. */
  readAhead: readonly number[];
  /** null: all. */
  topics: readonly string[] | null;
}

export interface PostSelection {
  posts: readonly string[];
  /** Posts beyond the maximum: counted and linked, not shown. */
  more: number;
}

/** Whether a post is new to these readers. */
export function isUnread(post: { seq: number }, group: Omit<ReaderGroup, 'topics'>): boolean {
  return post.seq > group.readThrough && !group.readAhead.includes(post.seq);
}

/** Whether a post has one of these readers' topics. A post without topics is for all readers. */
export function isOfTopics(post: { topics: readonly string[] }, topics: ReaderGroup['topics']): boolean {
  return topics === null || post.topics.length === 0 || post.topics.some((topic) => topics.includes(topic));
}

/** In the order. Undefined: nothing new, or fewer than `minPosts`. */
export function selectPosts(
  posts: readonly OfferedPost[],
  group: ReaderGroup,
  { minPosts, maxPosts }: { minPosts: number; maxPosts: number },
): PostSelection | undefined {
  const chosen = posts.filter((post) => isUnread(post, group) && isOfTopics(post, group.topics));
  if (chosen.length < Math.max(1, minPosts)) return undefined;
  const kept = new Set(chosen.toSorted((a, b) => a.rank - b.rank).slice(0, maxPosts));
  return {
    posts: chosen.filter((post) => kept.has(post)).map((post) => post.id),
    more: chosen.length - kept.size,
  };
}

/** The name of a variant: equal for equal posts in one language. */
export function variantKey(selection: PostSelection, language: string): string {
  return createHash('sha256')
    .update(JSON.stringify([selection.posts, selection.more, language]))
    .digest('base64url');
}
