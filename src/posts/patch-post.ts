// An admin decides about a post: held and excluded posts go into no issue; pinned ones stand first.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { type PostJson, postJson } from './post-json.js';
import { takeSeq } from '../newsletters/watermarks.js';
import { findPost, isInAnIssue, lockPosts, type PostRow, setState } from './store.js';

interface PatchPostInput {
  postId: string;
  state?: 'eligible' | 'held' | 'excluded' | undefined;
  pinned?: boolean | undefined;
}

export type PatchPostResult = { ok: true; post: PostJson } | { ok: false; code: 'no-such-post' };

/**
 * A post that becomes eligible takes the next seq, so that every reader still gets it although issues went out while it
 * was held; but keeps its own if an issue offered it already, so that nobody gets it twice. A known post can be made
 * news this way.
 */
export async function patchPost(
  deps: { db: Db; now: () => Date },
  { postId, state, pinned }: PatchPostInput,
): Promise<PatchPostResult> {
  if (!isId(postId)) return { ok: false, code: 'no-such-post' };
  return deps.db.transaction(async (tx) => {
    const found = await findPost(tx, postId);
    if (found === undefined) return { ok: false, code: 'no-such-post' } as const;
    await lockPosts(tx, found.newsletterId);
    // Read again under the lock: two admins at once must not take two numbers.
    const post = await findPost(tx, postId);
    if (post === undefined) return { ok: false, code: 'no-such-post' } as const;
    const row = await setState(tx, postId, {
      state: state ?? post.state,
      pinned: pinned ?? post.pinned,
      seq: await seqAfter(tx, post, state),
      now: deps.now(),
    });
    return { ok: true, post: postJson(row) } as const;
  });
}

async function seqAfter(tx: Db, post: PostRow, state: PatchPostInput['state']): Promise<string | null> {
  const isReleased = state === 'eligible' && post.state !== 'eligible';
  if (!isReleased) return post.seq;
  if (post.seq !== null && (await isInAnIssue(tx, post.id))) return post.seq;
  return String(await takeSeq(tx, post.newsletterId, 1));
}
