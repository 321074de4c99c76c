// Polls one feed.
//
// 1. Claim the feed, so that only one worker has it.
// 2. Fetch it, conditionally, and parse it in a thread (read-feed.ts). Some servers answer 304 for ever: so once
//    a day, and when a person polls, we send no validators. If that brings news, we ask whether the server
//    still answers 304 to the old validators; if so, we never send any to it again.
// 3. Record its posts in the ledger.
// 4. Retract the posts that the publisher deleted (src/posts/retract.ts).
// 5. Record the result, the next poll, and the reason of a failure for the publisher. The validators (ETag,
//    Last-Modified) are stored only now: a document whose posts were not recorded is fetched again.
// 6. Follow a permanent move: the new address has just answered well.
import { randomBytes } from 'node:crypto';
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { isId } from '../ids.js';
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import { recordPreparedPosts } from '../posts/record-posts.js';
import { type Listing, retract } from '../posts/retract.js';
import { pauseRecording } from '../posts/pause-recording.js';
import type { Secrets } from '../secrets.js';
import { rememberOrigin } from '../telemetry/origins.js';
import { type CurrentSpan, inStep } from '../telemetry/trace.js';
import { askPage } from './ask-page.js';
import { failureOf, type FetchFailure } from '../outbound/fetch-failure.js';
import type { AnswerNotes } from './fetch.js';
import type { FeedMailKind } from './feed-mail.js';
import { claimTime, nextPollAfterAnswer, nextPollAfterFailure } from './next-poll.js';
import { confidentialOf } from './request-secrets.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import { isPublicBase } from '../outbound/reachable-base.js';
import { isStillNotModified, type ReadFeed, readFeed } from './read-feed.js';
import {
  claimFeed,
  type FeedRow,
  findFeed,
  moveFeed,
  recordFailure,
  recordGone,
  recordSuccess,
  ruleOf,
  setPagesRefused,
  setRemark,
  setValidatorsFailed,
} from './store.js';
import { forgetHub, noteHub } from './store-hubs.js';
import { announce } from '../webhooks/announce.js';

export interface PollDeps {
  db: Db;
  now: () => Date;
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  /** Opens the feeds' cookies and headers. */
  secrets: Secrets;
}

export interface PollCounts {
  found: number;
  /** Posts that go into the next issue. */
  created: number;
  /** New posts that are too many for this feed, or several old ones at once: held until a person decides. */
  held: number;
  /** New to us, but published before the feed was added. */
  known: number;
  updated: number;
  duplicates: number;
  /** Retracted by the publisher before they were in an issue. */
  retracted: number;
}

export type PollResult =
  | ({ status: 'polled' | 'not-modified'; movedTo?: string } & PollCounts)
  | ({ status: 'failed'; error: string } & PollCounts)
  /** Another worker is polling it, or has just polled it. */
  | { status: 'not-due' }
  | { status: 'disabled' }
  | { status: 'no-such-feed' };

const nothing: PollCounts = {
  found: 0,
  created: 0,
  held: 0,
  known: 0,
  updated: 0,
  duplicates: 0,
  retracted: 0,
};

const unreadable = failureOf('document', { key: 'fetch.secrets' });

/** Polls the feed now. With `onlyIfDue`, only if it is due: two workers may hold the same job. */
export function pollFeed(
  deps: PollDeps,
  asked: { feedId: string; onlyIfDue?: boolean },
): Promise<PollResult> {
  return inStep('poll feed', { 'digest.feed_id': asked.feedId }, async (span) => {
    const result = await pollOnce(deps, asked);
    span.note({ 'digest.status': result.status });
    if (result.status === 'failed') span.fail('feed-failed');
    return result;
  });
}

async function pollOnce(
  deps: PollDeps,
  { feedId, onlyIfDue = false }: { feedId: string; onlyIfDue?: boolean },
): Promise<PollResult> {
  if (!isId(feedId)) return { status: 'no-such-feed' };
  const now = deps.now();
  const until = new Date(now.getTime() + claimTime);
  const feed = await claimFeed(deps.db, { feedId, now, until, evenIfNotDue: !onlyIfDue });
  if (feed === undefined) return whyNotClaimed(await findFeed(deps.db, feedId));

  const confidential = confidentialOf(deps.secrets, feed);
  if (confidential === 'unreadable') return failed(deps, feed, unreadable);
  const asked = { ...feed, ...politeness(deps), confidential, now };
  const isWhole = !onlyIfDue || mustAskForAll(feed, now);
  const answer = await inStep(
    'fetch feed',
    { 'digest.feed_id': feedId },
    () => readFeed(isWhole ? { ...asked, etag: null, lastModified: null, isFresh: true } : asked),
    'client',
  );
  if (answer.status === 'failed') return failed(deps, feed, answer);
  const counts =
    answer.status === 'read'
      ? await inStep('store posts', { 'digest.feed_id': feedId }, (span) => record(deps, feed, answer, span))
      : { ...nothing, retracted: await takeBack(deps, feed, { deleted: [] }) };
  const hasNews = counts.created + counts.held > 0;
  await recordSuccess(deps.db, feed, {
    ...times(deps, feed, answer),
    startedAt: now,
    hasNews,
    ...(answer.status === 'read' ? { document: answer } : {}),
  });
  // The feed as it was before this poll: after news, its validators no longer hold.
  const isSilent = isWhole && hasNews && (feed.lastSuccessAt ?? 0) > (feed.documentAt ?? 0);
  if (isSilent && (await isStillNotModified(asked))) await setValidatorsFailed(deps.db, feed.id, now);
  if (answer.status === 'read') await followHub(deps, feed.id, answer);
  const movedTo = await follow(deps, feed, answer);
  const status = answer.status === 'read' ? 'polled' : 'not-modified';
  return { status, ...counts, ...(movedTo === undefined ? {} : { movedTo }) };
}

/** True if the server must send its document: it has not for a day, or its 304 says nothing. */
function mustAskForAll({ documentAt, validatorsFailedAt, withoutCache }: FeedRow, now: Date): boolean {
  const isOld = documentAt === null || now.getTime() - documentAt.getTime() >= day;
  return isOld || withoutCache || validatorsFailedAt !== null;
}

function whyNotClaimed(feed: FeedRow | undefined): PollResult {
  if (feed === undefined) return { status: 'no-such-feed' };
  return { status: feed.disabledAt === null ? 'not-due' : 'disabled' };
}

function politeness({ baseUrl, allowPrivateFeeds }: PollDeps) {
  return { baseUrl, allowance: readAllowance(allowPrivateFeeds) };
}

function times(
  deps: PollDeps,
  { pushedUntil, pollMinutes }: FeedRow,
  { freshSeconds }: AnswerNotes,
): { now: Date; nextPollAt: Date } {
  const now = deps.now();
  const isPushed = pushedUntil !== null && pushedUntil > now;
  return { now, nextPollAt: nextPollAfterAnswer(now, { freshSeconds, isPushed, pollMinutes }) };
}

/** Stores the feed's hub if there is one and it can reach us; forgets a hub that the feed no longer names. */
async function followHub({ db, now, baseUrl }: PollDeps, feedId: string, document: ReadFeed): Promise<void> {
  const { hub, topic } = document;
  if (hub === undefined || topic === undefined || !isPublicBase(baseUrl)) return forgetHub(db, feedId);
  await noteHub(db, { feedId, hub, topic, token: randomBytes(16).toString('base64url'), now: now() });
}

async function record(
  deps: PollDeps,
  feed: FeedRow,
  document: ReadFeed,
  span: CurrentSpan,
): Promise<PollCounts> {
  const { posts, notNews, deleted } = document;
  const source = {
    id: feed.id,
    firstPoll: feed.lastSuccessAt === null,
    addedAt: feed.createdAt,
    lastPolledAt: feed.lastSuccessAt,
  };
  const { newsletterId } = feed;
  const recorded = await deps.db.transaction(async (tx) => {
    // Reads the rule under the lock: a person may have changed it since the feed was claimed.
    await pauseRecording(tx, newsletterId);
    const identity = await ruleOf(tx, feed.id);
    const input = { newsletterId, feed: { ...source, identity }, posts, notNews };
    const posted = await recordPreparedPosts({ ...deps, db: tx }, input);
    if (posted.held > 0) await addMails(tx, feed, { kind: 'feed-held', now: deps.now() });
    return posted;
  });
  const { found, created, held, known, updated, duplicates, postIds } = recorded;
  span.note({
    'digest.found': found,
    'digest.created': created,
    'digest.held': held,
    'digest.updated': updated,
  });
  if (created + held > 0) await rememberOrigin(deps, 'post', postIds);
  const listed = { posts: document.listed, postIds };
  const retracted = await takeBack(deps, feed, { listed, deleted });
  return { found, created, held, known, updated, duplicates, retracted };
}

async function takeBack(
  deps: PollDeps,
  { id: feedId, newsletterId, pagesRefusedAt }: FeedRow,
  listing: Pick<Listing, 'listed' | 'deleted'>,
): Promise<number> {
  const ask = (url: string) => askPage({ url, ...politeness(deps) });
  const { retracted, pages } = await retract({ ...deps, ask }, { feedId, newsletterId, ...listing });
  const isRefused = pages === undefined ? pagesRefusedAt !== null : pages === 'refused';
  if (isRefused !== (pagesRefusedAt !== null))
    await setPagesRefused(deps.db, feedId, isRefused ? deps.now() : null);
  return retracted;
}

/** Moves the feed to the address that the server gave, unless the newsletter has another feed there. */
async function follow(
  { db, now, allowPrivateFeeds }: PollDeps,
  feed: FeedRow,
  answer: ReadFeed | AnswerNotes,
): Promise<string | undefined> {
  const endpoint = 'endpoint' in answer ? answer.endpoint : undefined;
  const read = readFeedUrl(endpoint ?? answer.movedTo ?? feed.url, readAllowance(allowPrivateFeeds));
  if (!read.ok || read.url === feed.url) return undefined;
  const to = read.url;
  // A move from an encrypted to an unencrypted address is more likely a mistake.
  if (feed.url.startsWith('https:') && to.startsWith('http:')) return undefined;
  if (await moveFeed(db, feed, to, endpoint === undefined ? now() : null)) return to;
  await setRemark(db, feed.id, { key: 'fetch.movedOnto', args: { to } });
  return undefined;
}

/** Adds mail to the accounts, unless they had the same after `notSince`: by default, within a day. */
function addMails(
  tx: Db,
  { id, newsletterId }: FeedRow,
  mail: { kind: FeedMailKind; now: Date; notSince?: Date },
): Promise<void> {
  const dayBefore = new Date(mail.now.getTime() - day);
  return addAccountMails(tx, { notSince: dayBefore, newsletterId, ...mail, subjectId: id });
}

const failsForADay = (at: Date, good: Date): boolean => at.getTime() - good.getTime() >= day;

function announceFailure(
  tx: Db,
  { id: feedId, newsletterId, url, title }: FeedRow,
  { now, error, isGone }: { now: Date; error: string; isGone: boolean },
): Promise<void> {
  const data = { feedId, newsletterId, url, title, error, gone: isGone };
  return announce(tx, now, { event: 'feed.failing', newsletterIds: [newsletterId], data });
}

async function failed(deps: PollDeps, feed: FeedRow, failure: FetchFailure): Promise<PollResult> {
  const now = deps.now();
  const failures = feed.failures + 1;
  if (failure.code === 'gone') {
    const reason: Message = { key: 'fetch.stopped', args: { problem: failure.reason } };
    const error = inEnglish(reason);
    await deps.db.transaction(async (tx) => {
      await recordGone(tx, feed, { now, failures, reason });
      await addMails(tx, feed, { kind: 'feed-gone', now });
      await announceFailure(tx, feed, { now, error, isGone: true });
    });
    return { status: 'failed', error, ...nothing };
  }
  const error = failure.detail;
  const nextPollAt = nextPollAfterFailure(now, failures, failure.retryAfterSeconds);
  const good = feed.lastSuccessAt ?? feed.createdAt;
  await deps.db.transaction(async (tx) => {
    await recordFailure(tx, feed, { now, nextPollAt, failures, reason: failure.reason });
    if (!failsForADay(now, good)) return;
    await addMails(tx, feed, { kind: 'feed-failing', now, notSince: good });
    // The poll before this one did not know it yet.
    if (feed.lastPolledAt === null || !failsForADay(feed.lastPolledAt, good))
      await announceFailure(tx, feed, { now, error, isGone: false });
  });
  return { status: 'failed', error, ...nothing };
}
