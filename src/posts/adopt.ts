// Posts whose feed is removed stay; the next feed that lists one of them adopts it: from then on it gets that feed's words,
// and is taken back when that feed's publisher does. So a feed that is removed and added again goes on as before. What was
// pushed through the API keeps the words it was given there.
import type { Db } from '../db.js';
import type { PostGroup } from './identity.js';
import type { PreparedPost } from './incoming.js';
import { type KnownPost, lockPosts } from './store.js';
import { adoptPosts, orphanPosts } from './store-history.js';

/** Leaves the posts of a feed that is about to be removed. */
export async function leaveWithoutFeed(
  tx: Db,
  { newsletterId, feedId, now }: { newsletterId: string; feedId: string; now: Date },
): Promise<void> {
  await lockPosts(tx, newsletterId);
  await orphanPosts(tx, feedId, now);
}

/** Gives the feed those of the matches that have none; returns the matches that are the feed's then. */
export async function adopt(
  tx: Db,
  feedId: string,
  matches: ReadonlyMap<PostGroup<PreparedPost>, KnownPost>,
): Promise<[PostGroup<PreparedPost>, KnownPost][]> {
  const orphans = [...matches.values()].filter(({ orphanedAt }) => orphanedAt !== null);
  if (orphans.length > 0)
    await adoptPosts(
      tx,
      orphans.map(({ id }) => id),
      feedId,
    );
  return [...matches].filter(([, match]) => match.feedId === feedId || match.orphanedAt !== null);
}
