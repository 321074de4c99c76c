// Posts stay when their feed is removed. The next feed that lists such a post adopts it: the post then takes
// that feed's words, and is retracted when that feed's publisher retracts it. So a feed that is removed and
// added again continues as before. Posts pushed through the API keep their words.
import type { Db } from '../db.js';
import type { PostGroup } from './identity/identity.js';
import type { PreparedPost } from './incoming.js';
import { type KnownPost, lockPosts } from './store.js';
import { adoptPosts, orphanPosts } from './store-history.js';

/** Detaches the posts of a feed that is about to be removed. */
export async function leaveWithoutFeed(
  tx: Db,
  { newsletterId, feedId, now }: { newsletterId: string; feedId: string; now: Date },
): Promise<void> {
  await lockPosts(tx, newsletterId);
  await orphanPosts(tx, feedId, now);
}

/** Gives the feed the matches whose feed was removed. Returns all matches that then belong to the feed. */
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
