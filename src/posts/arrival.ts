// In which order the posts of a document arrived, and how old each is. Pure.
//
// Feeds list the newest first, as a rule; those that do not are found out by their dates. A post without a date is as old
// as the post that the feed lists next after it in age. So an undated post above one of today is of today; between one of
// today and one of last month it counts as last month's. At the old end of a feed it is as old as the one before it, if
// half of the posts have dates to believe in. Else its age is unknown, as it is in a feed without any date.
import { day } from '../durations.js';

interface Dated {
  publishedAt: Date | null;
}

export interface Arrival<Post> {
  post: Post;
  /** What the post says, or what its neighbours say; undefined if nothing is known. */
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

/** The posts from the oldest to the newest. `undatedOrder` says how a document lists posts if its dates do not tell. */
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
  // Stable: posts of the same time stay as the document lists them.
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

/** True if the post was there a day or more before the feed was added: known, not news. */
export function isKnown(
  { age }: Arrival<unknown>,
  feed: { firstPoll: boolean; addedAt: Date } | null,
): boolean {
  if (feed === null || !feed.firstPoll) return false;
  return age === undefined || age.getTime() < feed.addedAt.getTime() - day;
}
