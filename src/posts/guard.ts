// The anomaly guard: many more new posts than this feed is used to. A site that moved, lost its guids or was filled with
// its own archive would send its readers 180 old posts. Pure.

/** So many in a day are never an anomaly. */
const alwaysFine = 10;
/** Times the busiest day. */
const factor = 3;

const day = 24 * 60 * 60 * 1000;

export interface Custom {
  /** New posts on the feed's busiest day of the last 90. */
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
