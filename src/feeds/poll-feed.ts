// Polls one feed.
//
// 1. Claim: one worker at a time has the feed. 2. Fetch, conditionally. 3. Parse, in a thread. 4. Record the posts in the
// ledger. 5. Note what happened and when to come again; what failed, in words for the publisher. The validators (ETag,
// Last-Modified) are kept only now: a document whose posts were not recorded is fetched again.
import type { Db } from '../db.js';
import { recordPreparedPosts } from '../posts/record-posts.js';
import { fetchFeed } from './fetch.js';
import { claimTime, nextPollAfterFailure, pollInterval } from './next-poll.js';
import { parseFeed } from './parse.js';
import { readAllowance } from './private-addresses.js';
import { claimFeed, type FeedRow, findFeed, recordFailure, recordSuccess } from './store.js';

export interface PollDeps {
  db: Db;
  now: () => Date;
  /** Our own address, which servers find in our User-Agent. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
}

export interface PollCounts {
  found: number;
  /** News. */
  created: number;
  /** New to us, but there before the feed was added. */
  known: number;
  updated: number;
  duplicates: number;
}

export type PollResult =
  | ({ status: 'polled' | 'not-modified' } & PollCounts)
  | ({ status: 'failed'; error: string } & PollCounts)
  /** Another worker has it, or had it just now. */
  | { status: 'not-due' }
  | { status: 'disabled' }
  | { status: 'no-such-feed' };

const nothing: PollCounts = { found: 0, created: 0, known: 0, updated: 0, duplicates: 0 };

/** Polls the feed now; with `onlyIfDue`, only if its time has come (for workers, of whom two may hold the same job). */
export async function pollFeed(
  deps: PollDeps,
  { feedId, onlyIfDue = false }: { feedId: string; onlyIfDue?: boolean },
): Promise<PollResult> {
  if (!/^\d{1,18}$/.test(feedId)) return { status: 'no-such-feed' };
  const now = deps.now();
  const until = new Date(now.getTime() + claimTime);
  const feed = await claimFeed(deps.db, { feedId, now, until, evenIfNotDue: !onlyIfDue });
  if (feed === undefined) return whyNotClaimed(await findFeed(deps.db, feedId));

  const fetched = await fetchFeed({
    url: feed.url,
    etag: feed.etag,
    lastModified: feed.lastModified,
    baseUrl: deps.baseUrl,
    allowance: readAllowance(deps.allowPrivateFeeds),
  });
  if (fetched.status === 'failed') return failed(deps, feed, fetched.detail, fetched.retryAfterSeconds);
  if (fetched.status === 'not-modified') {
    await recordSuccess(deps.db, feed, { ...times(deps), hasNews: false });
    return { status: 'not-modified', ...nothing };
  }
  const parsed = await parseFeed(fetched);
  if (!parsed.ok) return failed(deps, feed, parsed.detail);

  const { kind, title, posts } = parsed.feed;
  const { found, created, known, updated, duplicates } = await recordPreparedPosts(deps, {
    newsletterId: feed.newsletterId,
    feed: { id: feed.id, firstPoll: feed.lastSuccessAt === null, addedAt: feed.createdAt },
    posts,
  });
  await recordSuccess(deps.db, feed, {
    ...times(deps),
    hasNews: created > 0,
    document: { kind, title, etag: fetched.etag ?? null, lastModified: fetched.lastModified ?? null },
  });
  return { status: 'polled', found, created, known, updated, duplicates };
}

function whyNotClaimed(feed: FeedRow | undefined): PollResult {
  if (feed === undefined) return { status: 'no-such-feed' };
  return { status: feed.disabledAt === null ? 'not-due' : 'disabled' };
}

function times(deps: PollDeps): { now: Date; nextPollAt: Date } {
  const now = deps.now();
  return { now, nextPollAt: new Date(now.getTime() + pollInterval) };
}

async function failed(
  deps: PollDeps,
  feed: FeedRow,
  error: string,
  retryAfterSeconds?: number,
): Promise<PollResult> {
  const now = deps.now();
  const failures = feed.failures + 1;
  const nextPollAt = nextPollAfterFailure(now, failures, retryAfterSeconds);
  await recordFailure(deps.db, feed, { now, nextPollAt, failures, error });
  return { status: 'failed', error, ...nothing };
}
