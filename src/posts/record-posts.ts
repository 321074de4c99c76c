// The ledger: each reader gets a post once, even if:
// - its date, guid, host or text changes
// - two feeds carry it
// - two polls run at once
// - it is published again
// No post is missed either: its arrival decides, never its publish date.
//
// 1. Entries of the document that are one post are grouped (identity/identity.ts).
// 2. One transaction, which locks the newsletter's row, matches each group with the ledger (identity/match.ts).
// 3. A match gets the new words, never a new seq. Posts whose feed was removed become this feed's (adopt.ts).
//    New posts take the next numbers, the oldest first, except:
//    - Posts that were over a day old when the feed was added are known: recorded, never news (arrival.ts).
//    - Many more new posts than the feed usually brings, or several old ones at once, are held (guard.ts).
//    - Old posts at the end of a feed that now lists more are known (guard.ts).
// 4. A post that its publisher had retracted (retract.ts, withdraw.ts) and lists or pushes again is news again.
// 5. All names under which a post was seen are kept. The primary key of post_identities is the guarantee.
import type { Db } from '../db.js';
import { adopt } from './adopt.js';
import { titleText } from './html-text.js';
import { type PostGroup, groupPosts, pushedScope } from './identity/identity.js';
import type { IncomingPost, PreparedPost } from './incoming.js';
import { insertNew, type SourceFeed } from './insert-new.js';
import { identityNamesOf, matchPosts, sharedLinks, sharedNamesOf } from './identity/match.js';
import { matchRenamed } from './identity/match-renamed.js';
import { groupByRule, matchByRule } from './identity/rule.js';
import { preparePost } from './prepare-post.js';
import { takeSeq } from '../newsletters/watermarks.js';
import {
  addIdentities,
  isInAnIssue,
  type KnownPost,
  lockPosts,
  postsByIdentity,
  setStates,
  updatePosts,
} from './store.js';
import { recentPostsAt } from './store-history.js';

interface RecordDeps {
  db: Db;
  now: () => Date;
}

interface RecordInput<Post> {
  newsletterId: string;
  /** The feed that the posts come from; null if they were pushed through the API. */
  feed: SourceFeed | null;
  posts: readonly Post[];
  /** Posts that are known, not news, even if they are new to us. */
  notNews?: ReadonlySet<Post>;
}

/** found = created + held + known + updated + unchanged + duplicates. */
export interface RecordedPosts {
  found: number;
  /** New posts that are news. */
  created: number;
  /** New posts that are held for a person to check. */
  held: number;
  /** New to us, but published before the feed was added. */
  known: number;
  updated: number;
  unchanged: number;
  /** Repetitions within the document. */
  duplicates: number;
  /** The ids of the resulting posts, one for each post of the input, in its order. */
  postIds: string[];
}

/** Sanitises and records posts. Posts pushed through the API without dates must come oldest first. */
export async function recordPosts(
  deps: RecordDeps,
  input: RecordInput<IncomingPost>,
): Promise<RecordedPosts> {
  const { newsletterId, feed } = input;
  const posts = input.posts.map((post) => preparePost({ ...post, title: titleText(post.title) }));
  return recordPreparedPosts(deps, { newsletterId, feed, posts });
}

/** Records posts that are already prepared (by the thread that parsed them). */
export async function recordPreparedPosts(
  deps: RecordDeps,
  input: RecordInput<PreparedPost>,
): Promise<RecordedPosts> {
  const { newsletterId, feed, posts } = input;
  const now = deps.now();
  const rule = feed?.identity ?? null;
  const groups =
    feed === null || rule === null
      ? groupPosts(posts, feed?.id ?? pushedScope)
      : groupByRule(posts, feed.id, rule);
  return deps.db.transaction(async (tx) => {
    if (!(await lockPosts(tx, newsletterId))) throw new Error(`no newsletter ${newsletterId}`);
    const ledger = await postsByIdentity(tx, newsletterId, [
      ...identityNamesOf(groups),
      ...sharedNamesOf(groups),
    ]);
    const matches =
      feed === null || rule === null
        ? matchPosts(groups, ledger, posts, feed?.id ?? null)
        : matchByRule(groups, ledger, feed.id);
    const renamed = rule === null ? await findRenamed(tx, input, groups, matches) : [];
    for (const [group, match] of renamed) matches.set(group, match);

    const fresh = await insertNew(
      tx,
      input,
      { groups: groups.filter((group) => !matches.has(group)), isTurnedOver: matches.size === 0 },
      now,
    );
    // A post of another feed keeps that feed's words. Otherwise two feeds with different excerpts would
    // rewrite it for ever.
    const own = feed === null ? [...matches] : await adopt(tx, feed.id, matches);
    const edited = own.map(([{ post }, { id }]) => ({ id, post }));
    const updated = await updatePosts(tx, [...new Map(edited.map((edit) => [edit.id, edit])).values()], now);
    const listed = own.map(([, match]) => match);
    await bringBack(tx, newsletterId, listed, now);

    const ids = new Map([...fresh.ids, ...[...matches].map(([group, { id }]) => [group, id] as const)]);
    const names = [...ids].flatMap(([group, postId]) =>
      [...identityNamesOf([group]), ...sharedLinks(group, postId, ledger, feed?.id ?? null)].map(
        (identity) => ({ identity, postId }),
      ),
    );
    await addIdentities(
      tx,
      newsletterId,
      names.filter(({ identity }) => !ledger.has(identity)),
    );
    return {
      found: posts.length,
      created: fresh.created,
      held: fresh.held,
      known: fresh.known,
      updated: updated.length,
      unchanged: matches.size - updated.length,
      duplicates: posts.length - groups.length,
      postIds: idsInOrder(posts.length, ids),
    };
  });
}

/** The posts that the feed lists under new names, in the place of posts that it no longer lists. */
async function findRenamed(
  tx: Db,
  { newsletterId, feed }: RecordInput<PreparedPost>,
  groups: readonly PostGroup<PreparedPost>[],
  matches: ReadonlyMap<PostGroup<PreparedPost>, KnownPost>,
): Promise<Map<PostGroup<PreparedPost>, KnownPost>> {
  const unnamed = groups.filter((group) => !matches.has(group));
  const dates = unnamed.flatMap(({ post }) => (post.publishedAt === null ? [] : [post.publishedAt]));
  const links = unnamed.flatMap(({ post: { guid, publishedAt, url } }) =>
    guid === null && publishedAt === null && url !== null ? [url] : [],
  );
  if (feed === null || dates.length + links.length === 0) return new Map();
  const recent = await recentPostsAt(tx, { newsletterId, feedId: feed.id }, { dates, links });
  return matchRenamed(unnamed, recent, new Set([...matches.values()].map(({ id }) => id)));
}

function idsInOrder(count: number, ids: ReadonlyMap<PostGroup<PreparedPost>, string>): string[] {
  const inOrder = Array.from({ length: count }, () => '');
  for (const [group, id] of ids) for (const position of group.members) inOrder[position] = id;
  return inOrder;
}

/** Restores posts that their publisher had retracted, and now lists or pushes again. */
async function bringBack(
  tx: Db,
  newsletterId: string,
  matches: readonly KnownPost[],
  now: Date,
): Promise<void> {
  const back = new Map(
    matches.filter(({ retractedAt }) => retractedAt !== null).map((post) => [post.id, post]),
  );
  for (const { id, heldAt, seq } of back.values()) {
    if (heldAt !== null && seq === null) await setStates(tx, [{ id, seq: null }], 'held', now);
    else {
      // As after a manual release, the post takes a new number so that no reader misses it. It keeps the
      // number that an issue already has.
      const own =
        seq !== null && (await isInAnIssue(tx, id)) ? seq : String(await takeSeq(tx, newsletterId, 1));
      await setStates(tx, [{ id, seq: own }], 'eligible', now);
    }
  }
}
