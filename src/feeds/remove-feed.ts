import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { leaveWithoutFeed } from '../posts/adopt.js';
import { deleteFeed, findFeed } from './store.js';

/**
 * Removes a feed and keeps its posts: new ones still go out, and sent ones are not mailed again. The next
 * feed that lists one of them adopts it.
 */
export async function removeFeed(
  deps: { db: Db; now: () => Date },
  { feedId }: { feedId: string },
): Promise<{ status: 'removed' } | { status: 'no-such-feed' }> {
  const isRemoved =
    isId(feedId) &&
    (await deps.db.transaction(async (tx) => {
      const feed = await findFeed(tx, feedId);
      if (feed === undefined) return false;
      await leaveWithoutFeed(tx, { newsletterId: feed.newsletterId, feedId, now: deps.now() });
      return deleteFeed(tx, feedId);
    }));
  return { status: isRemoved ? 'removed' : 'no-such-feed' };
}
