// An editor takes a post out of an issue that has not gone out, or puts it back. The caller has taken it from the
// issue's own posts, and holds a transaction.
import type { Db } from '../db.js';
import { takeSeq } from '../newsletters/watermarks.js';
import { findPost, isInAnIssue, lockPosts, setState, setStates } from './store.js';

interface Deps {
  /** A transaction. */
  db: Db;
  now: () => Date;
}

/**
 * For good: no issue has it unless somebody makes it eligible again. Until the next issue: it takes the next number,
 * so that it lies before every reader. False, and nothing is changed, if another issue has it: to those readers it is
 * no news, and a page of the archive shows it.
 */
export async function leaveOut(
  { db, now }: Deps,
  { postId, until }: { postId: string; until: 'for-good' | 'next-issue' },
): Promise<boolean> {
  const post = await findLocked(db, postId);
  if (post === undefined || (await isInAnIssue(db, postId))) return false;
  if (post.retractedAt !== null) {
    // Its publisher took it back meanwhile. It waits to be listed again; dropped for good, it does not come back then.
    if (until === 'for-good') await setStates(db, [{ id: postId, seq: post.seq }], 'excluded', now());
    return true;
  }
  const seq = until === 'for-good' ? post.seq : String(await takeSeq(db, post.newsletterId, 1));
  const state = until === 'for-good' ? 'excluded' : 'eligible';
  await setState(db, postId, { state, pinned: post.pinned, seq, now: now() });
  return true;
}

/** Gives the post the number `seq` back that it had. False if another issue has it under its new number. */
export async function putBack(
  { db, now }: Deps,
  { postId, seq }: { postId: string; seq: string },
): Promise<boolean> {
  const post = await findLocked(db, postId);
  if (post === undefined) return false;
  // Taken out of this issue only, since others had it: nothing was changed.
  if (post.seq === seq && post.state === 'eligible') return true;
  if (await isInAnIssue(db, postId)) return false;
  await setState(db, postId, { state: 'eligible', pinned: post.pinned, seq, now: now() });
  return true;
}

async function findLocked(db: Db, postId: string) {
  const found = await findPost(db, postId);
  if (found === undefined) return undefined;
  await lockPosts(db, found.newsletterId);
  // Read again under the lock: somebody else may have decided about it meanwhile.
  return findPost(db, postId);
}
