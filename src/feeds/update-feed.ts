import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Enqueue } from '../queues.js';
import { type FeedJson, feedJson } from './feed-json.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import { changeUrl, findFeed, findFeedByUrl, setDisabled } from './store.js';

export type UpdateFeedResult =
  | { status: 'updated'; feed: FeedJson }
  | { status: 'duplicate'; feed: FeedJson }
  | { status: 'refused'; detail: string }
  | { status: 'no-such-feed' };

/**
 * Changes a feed's address, or stops and resumes its polls. Known posts keep their identity at a new address.
 */
export async function updateFeed(
  deps: { db: Db; enqueue: Enqueue; now: () => Date; allowPrivateFeeds: readonly string[] },
  input: { feedId: string; url?: string | undefined; disabled?: boolean | undefined },
): Promise<UpdateFeedResult> {
  if (!isId(input.feedId)) return { status: 'no-such-feed' };
  const read =
    input.url === undefined ? undefined : readFeedUrl(input.url, readAllowance(deps.allowPrivateFeeds));
  if (read?.ok === false) return { status: 'refused', detail: read.detail };
  const result = await deps.db.transaction(async (tx): Promise<UpdateFeedResult> => {
    const feed = await findFeed(tx, input.feedId);
    if (feed === undefined) return { status: 'no-such-feed' };
    if (read !== undefined && read.url !== feed.url) {
      const other = await findFeedByUrl(tx, feed.newsletterId, read.url);
      if (other !== undefined) return { status: 'duplicate', feed: feedJson(other, deps.now()) };
      await changeUrl(tx, feed.id, read.url, deps.now());
    }
    if (input.disabled !== undefined) await setDisabled(tx, feed.id, input.disabled, deps.now());
    const changed = await findFeed(tx, feed.id);
    return changed === undefined
      ? { status: 'no-such-feed' }
      : { status: 'updated', feed: feedJson(changed, deps.now()) };
  });
  // If it is not due, the worker skips the job.
  if (result.status === 'updated' && result.feed.nextPollAt !== null)
    await deps.enqueue('feeds', { kind: 'poll', feedId: input.feedId });
  return result;
}
