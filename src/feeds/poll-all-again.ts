// After a restore: the feeds are polled again, so that the posts of the time that the database has lost are
// known.
import type { Db } from '../db.js';

/** Makes every feed due now, and forgets what would let its server answer that nothing changed. */
export async function pollAllAgain(tx: Db): Promise<void> {
  await tx.query(
    'update feeds set next_poll_at = now(), etag = null, last_modified = null where disabled_at is null',
  );
}

/** How many feeds have not been polled since `since`. */
export async function countUnpolled(db: Db, since: Date): Promise<number> {
  const { feeds } = await db.one<{ feeds: number }>(
    `select count(*)::int as feeds from feeds
     where disabled_at is null and coalesce(last_polled_at, created_at) < $1`,
    [since],
  );
  return feeds;
}
