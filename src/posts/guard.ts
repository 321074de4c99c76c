// The anomaly guard. It looks for two anomalies:
// - Many more new posts than the feed usually brings. A site that moved, lost its guids or was filled with
//   its own archive would send its readers 180 old posts.
// - Several old posts at once. A single backdated post is news; several at once were not written just now.
// Pure.
import { day } from '../durations.js';

/** This many posts in a day are never an anomaly. */
const alwaysFine = 10;
/** Multiplies the busiest day. */
const factor = 3;

export interface Custom {
  /**
   * New posts on the busiest of the last 90 days. At least the second busiest day from before the feed was
   * added.
   */
  busiestDay: number;
  /** New posts of the last 24 hours, without those that arrive now. */
  recent: number;
  /** The last successful poll. Posts that a feed held back for a week arrive at once. */
  lastPolledAt: Date | null;
}

/** How many new posts may arrive now. If more arrive, they are held. */
export function newPostsAllowed({ busiestDay, recent, lastPolledAt }: Custom, now: Date): number {
  const missedDays = lastPolledAt === null ? 0 : Math.floor((now.getTime() - lastPolledAt.getTime()) / day);
  return Math.max(0, Math.max(alwaysFine, busiestDay * factor) + busiestDay * missedDays - recent);
}

/** Fewer old posts are no anomaly: a publisher may backdate a single post. */
const batch = 2;
/** At least this many old posts show that the feed now lists more. Fewer may be new posts with old dates. */
const tail = 5;

export interface FeedHistory {
  addedAt: Date;
  lastPolledAt: Date | null;
  /** The document lists no post that we know: each post is new or has a new name. */
  isTurnedOver: boolean;
}

/**
 * The posts that, by their dates, existed a day or more before the feed was added. If everything listed is
 * new to us, posts from before the last poll count too: that poll would have listed them. Empty if only one
 * post is old.
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

/**
 * True if the old posts extend the old end of the feed. `oldest` is the oldest date that it listed so far.
 */
export function isLongerTail(old: readonly { publishedAt: Date | null }[], oldest: Date | null): boolean {
  return (
    old.length >= tail &&
    oldest !== null &&
    old.every(({ publishedAt }) => publishedAt !== null && publishedAt < oldest)
  );
}
