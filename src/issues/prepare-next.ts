// The posts of the next issue for its editor: those that go, those for later, those that are left out, and which of
// them arrived after the draft was made.
import { arrangePosts } from '../digest/arrange-posts.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { selectSeq } from '../newsletters/watermarks.js';
import type { Fate } from './draft.js';
import { draftedPosts } from './drafted-posts.js';
import { getDraft, type Draft } from './edit-draft.js';
import type { IssueDeps } from './freeze.js';
import { selectEligiblePosts } from './store-freeze.js';
import { selectIssuedThrough } from './store-plan.js';

export interface PostToEdit {
  id: string;
  fate: Fate;
  title: string;
  excerpt: string;
  /** As the feed has them. */
  ownTitle: string;
  ownExcerpt: string;
  image: string | null;
  /** It stays first when new posts arrive. */
  pinned: boolean;
  /** It arrived after the draft was made. */
  isNew: boolean;
}

export interface NextToEdit {
  draft: Draft;
  /** In the order of the issue; then those for later, and those left out. */
  posts: PostToEdit[];
}

/** Undefined: no such newsletter. */
export async function prepareNext(
  { db }: Pick<IssueDeps, 'db'>,
  { newsletterId }: { newsletterId: string },
): Promise<NextToEdit | undefined> {
  const newsletter = await getNewsletter(db, newsletterId);
  if (newsletter === undefined) return undefined;
  const draft = await getDraft(db, newsletterId);
  const after = await selectIssuedThrough(db, newsletterId);
  const through = await selectSeq(db, newsletterId);
  const eligible = await selectEligiblePosts(db, { newsletterId, after, through, postIds: null });
  const arranged = arrangePosts(eligible, newsletter, { chosen: false });
  const { posts, later, dropped } = await draftedPosts(db, newsletterId, arranged.posts, { lock: false });
  const own = new Map(arranged.posts.map((post) => [post.id, post]));
  const pinned = new Set(eligible.flatMap((post) => (post.pinned ? [post.id] : [])));
  const known = new Set(draft.posts.map(({ postId }) => postId));
  const those = (fate: Fate, some: typeof posts): PostToEdit[] =>
    some.map(({ id, title, excerpt, image }) => ({
      id,
      fate,
      title,
      excerpt,
      ownTitle: own.get(id)?.title ?? title,
      ownExcerpt: own.get(id)?.excerpt ?? excerpt,
      image: image?.url ?? null,
      pinned: pinned.has(id),
      isNew: draft.posts.length > 0 && !known.has(id),
    }));
  return { draft, posts: [...those('keep', posts), ...those('later', later), ...those('drop', dropped)] };
}
