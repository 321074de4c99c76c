// What an editor's draft makes of the posts of the next issue. Pure.
//
// 1. Posts that the draft names stand in its order. A post that arrived since stands where it would stand without a
//    draft: after the one before it, or first.
// 2. A headline or an excerpt of the draft replaces the post's own.
// 3. Posts for later, and posts that are left out, are set aside.

import type { Schedule } from '../newsletters/schedule.js';

export type Fate = 'keep' | 'later' | 'drop';

/** What an editor decided about one post. */
export interface DraftedPost {
  postId: string;
  fate: Fate;
  /** null: as the post has it. */
  title: string | null;
  excerpt: string | null;
}

/** Whether somebody edited the draft after the person who pressed "Send now" saw it. */
export const isUnseenDraft = (
  { seenDraft }: { seenDraft: number | null },
  { version }: { version: number },
): boolean => seenDraft !== null && seenDraft !== version;

/** Whether an issue from this draft waits for an approval. `editedBy`: null, if the draft changes nothing. */
export function waitsForApproval(
  { review, fourEyes }: Pick<Schedule, 'review' | 'fourEyes'>,
  draft: { held: boolean; editedBy: string | null },
): boolean {
  return review === 'hold' || draft.held || (fourEyes && draft.editedBy !== null);
}

interface Post {
  id: string;
  title: string;
  excerpt: string;
  rank: number;
}

export interface Drafted<P> {
  /** In the order. */
  posts: P[];
  later: P[];
  dropped: P[];
}

/** `posts`: as arranged without a draft. `draft`: in its order; it may name posts that are no longer there. */
export function applyDraft<P extends Post>(posts: readonly P[], draft: readonly DraftedPost[]): Drafted<P> {
  const byId = new Map(posts.map((post) => [post.id, post]));
  const decided = new Map(draft.map((one) => [one.postId, one]));
  const order = draft.flatMap(({ postId }) => byId.get(postId) ?? []);
  for (const [at, post] of posts.entries()) {
    if (decided.has(post.id)) continue;
    const before = posts[at - 1];
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, post);
  }
  const edited = order.map((post) => {
    const { title = null, excerpt = null, fate = 'keep' } = decided.get(post.id) ?? {};
    return { fate, post: { ...post, title: title ?? post.title, excerpt: excerpt ?? post.excerpt } };
  });
  const those = (wanted: Fate): P[] => edited.flatMap(({ fate, post }) => (fate === wanted ? [post] : []));
  const kept = those('keep');
  return {
    // An editor's order also decides which posts stay if there are too many. Without one, the rank does.
    posts: draft.length === 0 ? kept : kept.map((post, rank) => ({ ...post, rank })),
    later: those('later'),
    dropped: those('drop'),
  };
}
