// Settles the posts of a feed that the anomaly guard holds: releases all of them, or marks all of them as
// known.
import type { Db } from '../db.js';
import { takeSeq } from '../newsletters/watermarks.js';
import { findHeldByGuard, findHeldTitles, lockPosts, setStates } from './store.js';

/** Settles the feed's held posts, except those that an admin holds. Returns how many. */
export async function settleHeld(
  deps: { db: Db; now: () => Date },
  { newsletterId, feedId, action }: { newsletterId: string; feedId: string; action: 'release' | 'known' },
): Promise<number> {
  return deps.db.transaction(async (tx) => {
    await lockPosts(tx, newsletterId);
    // In order of arrival, so that their numbers follow it.
    const held = await findHeldByGuard(tx, feedId);
    if (held.length === 0) return 0;
    const first = action === 'release' ? await takeSeq(tx, newsletterId, held.length) : undefined;
    await setStates(
      tx,
      held.map((id, index) => ({ id, seq: first === undefined ? null : String(first + BigInt(index)) })),
      action === 'release' ? 'eligible' : 'known',
      deps.now(),
    );
    return held.length;
  });
}

/** Titles of the posts that the anomaly guard holds, the newest first; 200 at most. */
export function heldTitles(db: Db, feedId: string): Promise<string[]> {
  return findHeldTitles(db, feedId);
}
