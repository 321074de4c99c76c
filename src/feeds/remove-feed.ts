import type { Db } from '../db.js';
import { deleteFeed } from './store.js';

/** Removes a feed. Its posts stay: what is news still goes out, and what readers had is not mailed again. */
export async function removeFeed(
  deps: { db: Db },
  { feedId }: { feedId: string },
): Promise<{ status: 'removed' } | { status: 'no-such-feed' }> {
  const isRemoved = /^\d{1,18}$/.test(feedId) && (await deleteFeed(deps.db, feedId));
  return { status: isRemoved ? 'removed' : 'no-such-feed' };
}
