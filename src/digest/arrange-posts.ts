// Which of the eligible posts an issue has, under which topics and in which order. Pure.
//
//   1. map the feeds' categories to the newsletter's topics
//   2. leave out posts whose topics are not wanted
//   3. put the rest in order; `rank` says which posts stay if a reader has too many
import type { Selection } from '../newsletters/selection.js';

interface Post {
  seq: string;
  topics: string[];
  pinned: boolean;
  commentCount: number | null;
}

export type Ranked<P> = P & { rank: number };

export interface Arranged<P> {
  posts: Ranked<P>[];
  /** Left out because of their topics. */
  omitted: P[];
}

// As people read topics: Straße, strasse and STRASSE are equal, and so is é in one or two code points.
const fold = (topic: string): string => topic.trim().normalize('NFKC').toLowerCase();

/** The newsletter's topics for these categories. */
export function mapTopics(
  categories: readonly string[],
  topicMap: Readonly<Record<string, string>>,
): string[] {
  const known = new Map(Object.entries(topicMap).map(([category, topic]) => [fold(category), topic.trim()]));
  const topics = categories.map((category) => known.get(fold(category)) ?? category);
  return [...new Set(topics)].filter((topic) => topic !== '');
}

function isWanted(post: Post, { include, exclude }: Selection): boolean {
  const has = (wanted: readonly string[]) => {
    const folded = new Set(wanted.map(fold));
    return post.topics.some((topic) => folded.has(fold(topic)));
  };
  return !has(exclude) && (include.length === 0 || has(include));
}

/**
 * The topic under which a post stands: the first of the newsletter's topics that it has, or else its own
 * first.
 */
export function headingOf(topics: readonly string[], ofNewsletter: readonly string[]): string | undefined {
  const own = new Set(topics.map(fold));
  return ofNewsletter.find((topic) => own.has(fold(topic))) ?? topics[0];
}

type Compare<P> = (a: P, b: P) => number;

const newestFirst: Compare<Post> = (a, b) => Number(b.seq) - Number(a.seq);

function byTopic(ofNewsletter: readonly string[]): Compare<Post> {
  const place = ({ topics }: Post): [number, string] => {
    const heading = headingOf(topics, ofNewsletter);
    if (heading === undefined) return [Infinity, ''];
    const index = ofNewsletter.indexOf(heading);
    return [index < 0 ? ofNewsletter.length : index, fold(heading)];
  };
  return (a, b) => {
    const [[placeA, nameA], [placeB, nameB]] = [place(a), place(b)];
    if (placeA !== placeB) return placeA < placeB ? -1 : 1;
    return nameA < nameB ? -1 : nameA > nameB ? 1 : newestFirst(a, b);
  };
}

const pinnedFirst =
  (then: Compare<Post>): Compare<Post> =>
  (a, b) =>
    Number(b.pinned) - Number(a.pinned) || then(a, b);

/** `chosen`: an admin chose the posts, so topics leave none out. */
export function arrangePosts<P extends Post>(
  posts: readonly P[],
  newsletter: { selection: Selection; topics: readonly string[] },
  { chosen }: { chosen: boolean },
): Arranged<P> {
  const { selection } = newsletter;
  const mapped = posts.map((post) => ({ ...post, topics: mapTopics(post.topics, selection.topicMap) }));
  const wanted = mapped.filter((post) => chosen || isWanted(post, selection));
  const orders: Record<Selection['order'], Compare<Post>> = {
    newest: newestFirst,
    oldest: (a, b) => newestFirst(b, a),
    topic: byTopic(newsletter.topics),
    comments: (a, b) => (b.commentCount ?? 0) - (a.commentCount ?? 0) || newestFirst(a, b),
  };
  // If there are too many, the newest stay; in the order by comments, the most discussed.
  const first = selection.order === 'comments' ? orders.comments : newestFirst;
  const ranks = new Map(wanted.toSorted(pinnedFirst(first)).map((post, rank) => [post, rank]));
  return {
    posts: wanted
      .toSorted(pinnedFirst(orders[selection.order]))
      .map((post) => ({ ...post, rank: ranks.get(post) ?? 0 })),
    omitted: mapped.filter((post) => !chosen && !isWanted(post, selection)),
  };
}
