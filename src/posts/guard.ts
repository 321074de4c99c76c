// The anomaly guard: many more new posts than this feed is used to. A site that moved, lost its guids or was filled with
// its own archive would send its readers 180 old posts. And few that are old: what a publisher dates back, one at a time,
// is news; several at once are not what somebody has just written. Pure.
import { day } from '../durations.js';

/** So many in a day are never an anomaly. */
const alwaysFine = 10;
/** Times the busiest day. */
const factor = 3;

export interface Custom {
  /** New posts on the feed's busiest day of the last 90, and no fewer than on any day but one before it was added. */
  busiestDay: number;
  /** New posts of the last 24 hours, without those that come now. */
  recent: number;
  /** The last poll that succeeded: what a feed held back for a week comes at once. */
  lastPolledAt: Date | null;
}

/** How many new posts may come now before they are held. */
export function newPostsAllowed({ busiestDay, recent, lastPolledAt }: Custom, now: Date): number {
  const missedDays = lastPolledAt === null ? 0 : Math.floor((now.getTime() - lastPolledAt.getTime()) / day);
  return Math.max(0, Math.max(alwaysFine, busiestDay * factor) + busiestDay * missedDays - recent);
}

/** A single post may be dated back. */
const batch = 2;
/** A feed that is made longer lists so many more; fewer may be what somebody has written about old times. */
const tail = 5;

export interface FeedHistory {
  addedAt: Date;
  lastPolledAt: Date | null;
  /** The document lists nothing that we know: every post of it has a new name, or is new. */
  isTurnedOver: boolean;
}

/**
 * The posts that were there, by their dates, a day or more before the feed was added (or, if everything it lists is new
 * to us, before it was last asked, when they would have been listed too). Empty if it is one alone.
 */
export function oldOnes<Post extends { publishedAt: Date | null }>(
  fresh: readonly Post[],
  { addedAt, lastPolledAt, isTurnedOver }: FeedHistory,
): Post[] {
  const before = (time: number) =>
    fresh.filter(({ publishedAt }) => publishedAt !== null && publishedAt.getTime() < time);
  const since = ((isTurnedOver ? lastPolledAt : null) ?? addedAt).getTime();
  const old = before(since - day);
  if (old.length < batch) return [];
  return isTurnedOver ? before(since) : old;
}

/** True if old posts are the further end of a feed that has been made longer; `oldest` is the date it reached to before. */
export function isLongerTail(old: readonly { publishedAt: Date | null }[], oldest: Date | null): boolean {
  return (
    old.length >= tail &&
    oldest !== null &&
    old.every(({ publishedAt }) => publishedAt !== null && publishedAt < oldest)
  );
}
