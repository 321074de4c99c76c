// An editor takes a post out of an issue that has not gone out, or puts it back. The caller has already
// changed the issue's own posts, and holds a transaction.
import type { Db } from '../db.js';
import { takeSeq } from '../newsletters/watermarks.js';
import { findPost, isInAnIssue, lockPosts, setState, setStates } from './store.js';

interface Deps {
  /** Must be a transaction. */
  db: Db;
  now: () => Date;
}

/**
 * Takes the post out in one of two ways:
 * - `for-good`: no issue gets the post unless a person makes it eligible again.
 * - `next-issue`: the post takes the next number, which is ahead of every reader's watermark.
 * Returns false and changes nothing if another issue has the post: for its readers the post is no news, and a
 * page of the archive shows it.
 */
export async function leaveOut(
  { db, now }: Deps,
  { postId, until }: { postId: string; until: 'for-good' | 'next-issue' },
): Promise<boolean> {
  const post = await findLocked(db, postId);
  if (post === undefined || (await isInAnIssue(db, postId))) return false;
  if (post.retractedAt !== null) {
    // Its publisher has retracted it meanwhile, so it waits to be listed again. Once excluded for good, it
    // does not return.
    if (until === 'for-good') await setStates(db, [{ id: postId, seq: post.seq }], 'excluded', now());
    return true;
  }
  const seq = until === 'for-good' ? post.seq : String(await takeSeq(db, post.newsletterId, 1));
  const state = until === 'for-good' ? 'excluded' : 'eligible';
  await setState(db, postId, { state, pinned: post.pinned, seq, now: now() });
  return true;
}

/** Restores the post's earlier number `seq`. False if another issue has the post under its new number. */
export async function putBack(
  { db, now }: Deps,
  { postId, seq }: { postId: string; seq: string },
): Promise<boolean> {
  const post = await findLocked(db, postId);
  if (post === undefined) return false;
  // The post left only this issue, because other issues had it: leaveOut changed nothing.
  if (post.seq === seq && post.state === 'eligible') return true;
  if (await isInAnIssue(db, postId)) return false;
  await setState(db, postId, { state: 'eligible', pinned: post.pinned, seq, now: now() });
  return true;
}

async function findLocked(db: Db, postId: string) {
  const found = await findPost(db, postId);
  if (found === undefined) return undefined;
  await lockPosts(db, found.newsletterId);
  // Reads again under the lock: another request may have changed the post meanwhile.
  return findPost(db, postId);
}
