// An admin decides about a post. Held and excluded posts go into no issue; pinned posts come first.
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
 * Changes a post's state, or pins it. A post that becomes eligible takes the next seq, so that every reader
 * still gets it although issues went out while it was held. It keeps its seq if an issue already offered it,
 * so that no reader gets it twice. A known post can become news this way.
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
    // Reads again under the lock: two simultaneous requests must not take two numbers.
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
