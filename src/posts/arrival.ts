// The order in which a document's posts arrived, and the age of each. Pure.
//
// Most feeds list the newest post first; their dates reveal the others. An undated post is as old as the next
// older post in the feed:
// - Above a post of today, it counts as today's.
// - Between a post of today and one of last month, it counts as last month's.
// - At the old end of a feed, it is as old as the post before it, if at least half of the posts have dates.
// - Otherwise its age is unknown, as in a feed without any date.
import { day } from '../durations.js';

interface Dated {
  publishedAt: Date | null;
}

export interface Arrival<Post> {
  post: Post;
  /** The post's own date, else the date of its neighbours; undefined if nothing is known. */
  age: Date | undefined;
}

function listsNewestFirst(posts: readonly Dated[]): boolean {
  const times = posts.flatMap(({ publishedAt }) => (publishedAt === null ? [] : [publishedAt.getTime()]));
  let falling = 0;
  for (const [index, time] of times.entries()) {
    const next = times[index + 1] ?? time;
    falling += Math.sign(time - next);
  }
  return falling >= 0;
}

/**
 * The posts from the oldest to the newest. `undatedOrder` is the document's order if its dates do not show
 * it.
 */
export function oldestFirst<Post extends Dated>(
  posts: readonly Post[],
  undatedOrder: 'newest-first' | 'oldest-first' = 'newest-first',
): Arrival<Post>[] {
  const dated = posts.filter(({ publishedAt }) => publishedAt !== null).length;
  const reversed = dated > 0 ? listsNewestFirst(posts) : undatedOrder === 'newest-first';
  const rising = reversed ? posts.toReversed() : [...posts];
  const oldest = rising.find(({ publishedAt }) => publishedAt !== null)?.publishedAt ?? undefined;
  let age = dated * 2 >= posts.length ? oldest : undefined;
  const arrivals = rising.map((post): Arrival<Post> => {
    age = post.publishedAt ?? age;
    return { post, age };
  });
  // Stable: posts with equal times keep their order.
  return arrivals.toSorted((a, b) => (a.age?.getTime() ?? 0) - (b.age?.getTime() ?? 0));
}

/** The `limit` newest posts, in the document's order. */
export function newestOf<Post extends Dated>(posts: readonly Post[], limit: number): Post[] {
  if (posts.length <= limit) return [...posts];
  const newest = new Set(
    oldestFirst(posts)
      .slice(-limit)
      .map(({ post }) => post),
  );
  return posts.filter((post) => newest.has(post));
}

/**
 * True if the post is known, not news: the first poll brought it, and it is a day or more older than the
 * addition of the feed. A post of unknown age counts as known.
 */
export function isKnown(
  { age }: Arrival<unknown>,
  feed: { firstPoll: boolean; addedAt: Date } | null,
): boolean {
  if (feed === null || !feed.firstPoll) return false;
  return age === undefined || age.getTime() < feed.addedAt.getTime() - day;
}
