import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { settleHeld } from '../posts/settle-held.js';
import { findFeed } from './store.js';

export type SettleFeedResult = { status: 'settled'; posts: number } | { status: 'no-such-feed' };

/** Releases the posts that the anomaly guard holds, or marks them as known. Repeating it changes nothing. */
export async function settleFeed(
  deps: { db: Db; now: () => Date },
  { feedId, action }: { feedId: string; action: 'release' | 'known' },
): Promise<SettleFeedResult> {
  const feed = isId(feedId) ? await findFeed(deps.db, feedId) : undefined;
  if (feed === undefined) return { status: 'no-such-feed' };
  const posts = await settleHeld(deps, { newsletterId: feed.newsletterId, feedId, action });
  return { status: 'settled', posts };
}
