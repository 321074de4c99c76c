import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { inEnglish, translator } from '../languages/translate.js';
import { utcTimes } from '../text/when-words.js';
import { type FeedJson, feedJson } from './feed-json.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import { nameAgain } from '../posts/name-again.js';
import { pauseRecording } from '../posts/pause-recording.js';
import type { AddFeedDeps } from './add-feed.js';
import { settingsAfter } from './request-secrets.js';
import { faultOf, type FeedSettings } from './request-settings.js';
import { changeSettings, changeUrl, type FeedRow, findFeed, findFeedByUrl, setDisabled } from './store.js';

export type UpdateFeedResult =
  | { status: 'updated'; feed: FeedJson }
  | { status: 'duplicate'; feed: FeedJson }
  /** `path`: the field that is wrong. */
  | { status: 'refused'; path: string; detail: string }
  | { status: 'no-such-feed' }
  /** `isStale` said so. Nothing is changed. */
  | { status: 'changed-meanwhile'; feed: FeedJson };

type FeedChange = { feedId: string; url?: string | undefined; disabled?: boolean | undefined } & FeedSettings;

/**
 * Changes a feed's address or settings, or stops and resumes its polls. Known posts stay known at a new address,
 * and under a new rule of identity. `isStale` looks at the feed under the lock: if true, nothing is changed.
 */
export async function updateFeed(
  deps: AddFeedDeps,
  input: FeedChange,
  isStale?: (current: FeedJson) => boolean,
): Promise<UpdateFeedResult> {
  if (!isId(input.feedId)) return { status: 'no-such-feed' };
  const read =
    input.url === undefined ? undefined : readFeedUrl(input.url, readAllowance(deps.allowPrivateFeeds));
  if (read?.ok === false) return { status: 'refused', path: 'url', detail: inEnglish(read.reason) };
  const fault = faultOf(input);
  if (fault !== undefined) return { status: 'refused', ...fault };
  const result = await deps.db.transaction(async (tx): Promise<UpdateFeedResult> => {
    const feed = await findLocked(tx, input.feedId);
    if (feed === undefined) return { status: 'no-such-feed' };
    const current = feedJson(feed, deps.now(), utcTimes(translator('en')));
    if (isStale?.(current)) return { status: 'changed-meanwhile', feed: current };
    if (read !== undefined && read.url !== feed.url) {
      const other = await findFeedByUrl(tx, feed.newsletterId, read.url);
      if (other !== undefined)
        return { status: 'duplicate', feed: feedJson(other, deps.now(), utcTimes(translator('en'))) };
      await changeUrl(tx, feed.id, read.url, deps.now());
    }
    await applySettings({ ...deps, db: tx }, feed.id, input);
    if (input.disabled !== undefined) await setDisabled(tx, feed.id, input.disabled, deps.now());
    const changed = await findFeed(tx, feed.id);
    return changed === undefined
      ? { status: 'no-such-feed' }
      : { status: 'updated', feed: feedJson(changed, deps.now(), utcTimes(translator('en'))) };
  });
  // If it is not due, the worker skips the job.
  if (result.status === 'updated' && result.feed.nextPollAt !== null)
    await deps.enqueue('feeds', { kind: 'poll', feedId: input.feedId });
  return result;
}

/** The feed, while no poll records its posts. */
async function findLocked(tx: Db, feedId: string): Promise<FeedRow | undefined> {
  const feed = await findFeed(tx, feedId);
  if (feed === undefined) return undefined;
  await pauseRecording(tx, feed.newsletterId);
  return findFeed(tx, feedId);
}

async function applySettings(deps: AddFeedDeps, feedId: string, change: FeedSettings): Promise<void> {
  const { identity, withoutCache, keepFurniture, pollMinutes, cookie, header } = change;
  const settings = [identity, withoutCache, keepFurniture, pollMinutes, cookie, header];
  if (settings.every((setting) => setting === undefined)) return;
  const feed = await findFeed(deps.db, feedId);
  if (feed === undefined) return;
  const after = settingsAfter(deps.secrets, feed, change);
  await changeSettings(deps.db, feedId, after, deps.now());
  if (after.identity === feed.identity) return;
  await nameAgain(deps.db, { newsletterId: feed.newsletterId, feedId, rule: after.identity });
}
