// Inserts posts that the ledger does not know, as news, as held for a person to check, or as known.
import type { Db } from '../db.js';
import { isKnown, oldestFirst } from './arrival.js';
import { isLongerTail, newPostsAllowed, oldOnes } from './guard.js';
import type { PostGroup } from './identity/identity.js';
import type { IdentityRule } from './identity/rule.js';
import type { PreparedPost } from './incoming.js';
import { takeSeq } from '../newsletters/watermarks.js';
import { insertPosts, type NewPost } from './store.js';
import { customOf, oldestListed } from './store-history.js';

export interface SourceFeed {
  id: string;
  firstPoll: boolean;
  addedAt: Date;
  /** The last successful poll. */
  lastPolledAt?: Date | null;
  /** The rule by which a person tells us to recognise its posts; null or missing: as usual. */
  identity?: IdentityRule | null;
}

interface FreshInput {
  newsletterId: string;
  feed: SourceFeed | null;
  /** All posts of the document. */
  posts: readonly PreparedPost[];
  notNews?: ReadonlySet<PreparedPost>;
}

interface Fresh {
  ids: Map<PostGroup<PreparedPost>, string>;
  created: number;
  held: number;
  known: number;
}

/** Writes the new posts. Posts that are news take consecutive numbers, the oldest first. */
export async function insertNew(
  tx: Db,
  { newsletterId, feed, posts, notNews }: FreshInput,
  { groups, isTurnedOver }: { groups: readonly PostGroup<PreparedPost>[]; isTurnedOver: boolean },
  now: Date,
): Promise<Fresh> {
  const groupOf = new Map(groups.map((group) => [group.post, group]));
  // Ages come from the whole document: an undated post takes its age from its neighbours, new or not.
  const arrivals = oldestFirst(posts, feed === null ? 'oldest-first' : 'newest-first').flatMap((arrival) => {
    const group = groupOf.get(arrival.post);
    const isNews = !isKnown(arrival, feed) && notNews?.has(arrival.post) !== true;
    return group === undefined ? [] : [{ group, isNews }];
  });
  const news = arrivals.flatMap(({ group, isNews }) => (isNews ? [group.post] : []));
  const stateOf = await judge(tx, feed, { news, isTurnedOver }, now);
  const states = arrivals.map(({ group, isNews }) => (isNews ? stateOf(group.post) : 'known'));
  const count = (state: NewPost['state']): number => states.filter((other) => other === state).length;
  const created = count('eligible');
  let seq = created === 0 ? 0n : await takeSeq(tx, newsletterId, created);
  const written = await insertPosts(
    tx,
    { newsletterId, feedId: feed?.id ?? null, now },
    arrivals.map(({ group: { post } }, index) => {
      const state = states[index] ?? 'known';
      return { post, state, seq: state === 'eligible' ? seq++ : null };
    }),
  );
  const ids = new Map(arrivals.map(({ group }, index) => [group, written[index] ?? '']));
  return { ids, created, held: count('held'), known: count('known') };
}

/** Returns the state of each post that is news, unless the anomaly guard objects. */
async function judge(
  tx: Db,
  feed: SourceFeed | null,
  { news, isTurnedOver }: { news: readonly PreparedPost[]; isTurnedOver: boolean },
  now: Date,
): Promise<(post: PreparedPost) => NewPost['state']> {
  if (feed === null || feed.firstPoll || news.length === 0) return () => 'eligible';
  const lastPolledAt = feed.lastPolledAt ?? null;
  const old = new Set(oldOnes(news, { addedAt: feed.addedAt, lastPolledAt, isTurnedOver }));
  const isTail = old.size > 0 && isLongerTail([...old], await oldestListed(tx, feed.id));
  const allowed = newPostsAllowed({ ...(await customOf(tx, feed.id, now)), lastPolledAt }, now);
  const isTooMany = news.length - old.size > allowed;
  return (post) => {
    if (old.has(post)) return isTail ? 'known' : 'held';
    return isTooMany ? 'held' : 'eligible';
  };
}
