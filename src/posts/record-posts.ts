// The ledger: a post reaches a reader once. Also when its date, guid, host or text changes, when two feeds carry it, when
// two polls run at once and when it is republished. And no post is missed: arrival decides, never the publish date.
//
// 1. Posts of the document that are one post are taken together (identity.ts).
// 2. In one transaction that holds the newsletter's row, each is matched with the ledger (match.ts).
// 3. A match gets the new words, never a new seq. What is new takes the next numbers, oldest first; what a feed already
//    held when it was added, older than a day, is known: recorded, never news (arrival.ts).
// 4. All names under which a post was seen are kept; post_identities' primary key is the guarantee.
import type { Db } from '../db.js';
import { isKnown, oldestFirst } from './arrival.js';
import { titleText } from './html-text.js';
import { type Group, groupPosts } from './identity.js';
import type { IncomingPost, PreparedPost } from './incoming.js';
import { matchPosts, namesOf } from './match.js';
import { preparePost } from './prepare-post.js';
import { addIdentities, insertPost, lockNewsletter, postsByIdentity, takeSeq, updatePosts } from './store.js';

export type { IncomingPost } from './incoming.js';

interface RecordDeps {
  db: Db;
  now: () => Date;
}

interface RecordInput<Post> {
  newsletterId: string;
  /** The feed they come from; null: pushed through the API. */
  feed: { id: string; firstPoll: boolean; addedAt: Date } | null;
  posts: readonly Post[];
}

/** found = created + known + updated + unchanged + duplicates. */
export interface Recorded {
  found: number;
  /** New, and news. */
  created: number;
  /** New to us, but there before the feed was added. */
  known: number;
  updated: number;
  unchanged: number;
  /** Twice in the same document. */
  duplicates: number;
  /** For each post of the input, in its order, the post it became. */
  postIds: string[];
}

/** Records posts as they come in, sanitising them. For posts pushed through the API, oldest first if they have no dates. */
export async function recordPosts(deps: RecordDeps, input: RecordInput<IncomingPost>): Promise<Recorded> {
  const posts = input.posts.map((post) => preparePost({ ...post, title: titleText(post.title) }));
  return recordPreparedPosts(deps, { ...input, posts });
}

/** Records posts that were prepared before (by the thread that parsed them). */
export async function recordPreparedPosts(
  deps: RecordDeps,
  input: RecordInput<PreparedPost>,
): Promise<Recorded> {
  const { newsletterId, feed, posts } = input;
  const now = deps.now();
  const groups = groupPosts(posts, feed?.id ?? 'api');
  return deps.db.transaction(async (tx) => {
    if (!(await lockNewsletter(tx, newsletterId))) throw new Error(`no newsletter ${newsletterId}`);
    const ledger = await postsByIdentity(tx, newsletterId, namesOf(groups));
    const matches = matchPosts(groups, ledger, posts);

    const fresh = await insertNew(
      tx,
      input,
      groups.filter((group) => !matches.has(group)),
      now,
    );
    // Another feed's post keeps that feed's words: two feeds with different excerpts would rewrite it for ever.
    const edited = [...matches]
      .filter(([, match]) => feed === null || match.feedId === feed.id)
      .map(([{ post }, { id }]) => ({ id, post }));
    const updated = await updatePosts(tx, [...new Map(edited.map((edit) => [edit.id, edit])).values()], now);

    const ids = new Map([...fresh.ids, ...[...matches].map(([group, { id }]) => [group, id] as const)]);
    const names = [...ids].flatMap(([group, postId]) =>
      namesOf([group]).map((identity) => ({ identity, postId })),
    );
    await addIdentities(
      tx,
      newsletterId,
      names.filter(({ identity }) => !ledger.has(identity)),
    );
    return {
      found: posts.length,
      created: fresh.created,
      known: fresh.known,
      updated: updated.length,
      unchanged: matches.size - updated.length,
      duplicates: posts.length - groups.length,
      postIds: idsInOrder(posts.length, ids),
    };
  });
}

function idsInOrder(count: number, ids: ReadonlyMap<Group<PreparedPost>, string>): string[] {
  const inOrder = Array.from({ length: count }, () => '');
  for (const [group, id] of ids) for (const position of group.members) inOrder[position] = id;
  return inOrder;
}

/** Writes the new posts. Those that are news take consecutive numbers, the oldest the first. */
async function insertNew(
  tx: Db,
  { newsletterId, feed, posts }: RecordInput<PreparedPost>,
  groups: readonly Group<PreparedPost>[],
  now: Date,
): Promise<{ ids: Map<Group<PreparedPost>, string>; created: number; known: number }> {
  const groupOf = new Map(groups.map((group) => [group.post, group]));
  // Ages come from the whole document: an undated post is judged by its neighbours, new or not.
  const arrivals = oldestFirst(posts, feed === null ? 'oldest-first' : 'newest-first').flatMap((arrival) => {
    const group = groupOf.get(arrival.post);
    return group === undefined
      ? []
      : [{ group, state: isKnown(arrival, feed) ? 'known' : 'eligible' } as const];
  });
  const created = arrivals.filter(({ state }) => state === 'eligible').length;
  let seq = created === 0 ? 0n : await takeSeq(tx, newsletterId, created);
  const ids = new Map<Group<PreparedPost>, string>();
  for (const { group, state } of arrivals) {
    const own = state === 'eligible' ? seq++ : null;
    const id = await insertPost(tx, {
      newsletterId,
      feedId: feed?.id ?? null,
      post: group.post,
      state,
      seq: own,
      now,
    });
    ids.set(group, id);
  }
  return { ids, created, known: arrivals.length - created };
}
