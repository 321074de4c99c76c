import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { translator } from '../languages/translate.js';
import { utcTimes, type TimeWords } from '../text/when-words.js';
import { defaultLimit, maxLimit, type Page, pageOf } from '../paging.js';
import { type FeedJson, feedJson } from './feed-json.js';
import { findFeed, findFeeds, findFeedsInTrouble } from './store.js';

/**
 * A newsletter's feeds, in the order in which they were added. An unknown cursor reads as the end of the
 * list.
 */
export async function listFeeds(
  db: Db,
  {
    newsletterId,
    cursor,
    limit = defaultLimit,
    now,
    words = utcTimes(translator('en')),
  }: {
    newsletterId: string;
    cursor?: string | undefined;
    limit?: number | undefined;
    now: Date;
    words?: TimeWords;
  },
): Promise<Page<FeedJson>> {
  if (!isId(newsletterId) || (cursor !== undefined && !isId(cursor))) return { data: [], nextCursor: null };
  const size = Math.min(Math.max(limit, 1), maxLimit);
  // One row more than the page shows whether there is a next page.
  const rows = await findFeeds(db, { newsletterId, after: cursor ?? '0', limit: size + 1 });
  return pageOf(
    rows.map((row) => feedJson(row, now, words)),
    size,
  );
}

/** The feeds of these newsletters that may need a person: they fail, are gone, or have held posts. */
export async function listFeedsInTrouble(
  db: Db,
  { newsletterIds, now, words }: { newsletterIds: readonly string[]; now: Date; words: TimeWords },
): Promise<FeedJson[]> {
  const rows = await findFeedsInTrouble(db, newsletterIds);
  return rows.map((row) => feedJson(row, now, words));
}

/** The feed, or undefined if there is none with this id. */
export async function getFeed(
  db: Db,
  feedId: string,
  now: Date,
  words: TimeWords = utcTimes(translator('en')),
): Promise<FeedJson | undefined> {
  const row = isId(feedId) ? await findFeed(db, feedId) : undefined;
  return row === undefined ? undefined : feedJson(row, now, words);
}
