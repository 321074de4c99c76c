import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Enqueue } from '../queues.js';
import type { FeedKind } from '../formats/document.js';
import { inEnglish, translator } from '../languages/translate.js';
import { utcTimes } from '../text/when-words.js';
import { type FeedJson, feedJson } from './feed-json.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import type { Secrets } from '../secrets.js';
import { settingsAfter } from './request-secrets.js';
import { faultOf, type FeedSettings } from './request-settings.js';
import { changeSettings, findFeed, findFeedByUrl, insertFeed, newsletterExists } from './store.js';

export type AddFeedResult =
  | { status: 'added'; feed: FeedJson }
  /** The newsletter already has this address. */
  | { status: 'duplicate'; feed: FeedJson }
  /** `path`: the field that is wrong. */
  | { status: 'refused'; path: string; detail: string }
  | { status: 'no-such-newsletter' };

export interface AddFeedDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
  allowPrivateFeeds: readonly string[];
  /** Seals the feed's cookie and header. */
  secrets: Secrets;
}

/**
 * Adds a feed to a newsletter and polls it at once. Posts older than a day count as already published. `kind`
 * is a guess until the first answer.
 */
export async function addFeed(
  deps: AddFeedDeps,
  input: { newsletterId: string; url: string; kind?: FeedKind | undefined } & FeedSettings,
): Promise<AddFeedResult> {
  const { db } = deps;
  const { newsletterId, kind = null } = input;
  const read = readFeedUrl(input.url, readAllowance(deps.allowPrivateFeeds));
  if (!read.ok) return { status: 'refused', path: 'url', detail: inEnglish(read.reason) };
  const fault = faultOf(input);
  if (fault !== undefined) return { status: 'refused', ...fault };
  if (!isId(newsletterId) || !(await newsletterExists(db, newsletterId)))
    return { status: 'no-such-newsletter' };
  const row = await db.transaction(async (tx) => {
    const added = await insertFeed(tx, { newsletterId, url: read.url, kind, now: deps.now() });
    if (added === undefined) return undefined;
    await changeSettings(tx, added.id, settingsAfter(deps.secrets, added, input), deps.now());
    return findFeed(tx, added.id);
  });
  if (row !== undefined) {
    await deps.enqueue('feeds', { kind: 'poll', feedId: row.id });
    return { status: 'added', feed: feedJson(row, deps.now(), utcTimes(translator('en'))) };
  }
  const existing = await findFeedByUrl(db, newsletterId, read.url);
  // The feed was removed between the two statements, so it can be added.
  return existing === undefined
    ? addFeed(deps, input)
    : { status: 'duplicate', feed: feedJson(existing, deps.now(), utcTimes(translator('en'))) };
}
