// A post that its publisher takes back leaves the next issue: also that of readers whose time is yet to come, if others
// have had it. Safely, as most posts that are missing from a feed are not deleted but have fallen off its end, and a
// server may hand out a copy of last week:
//
// 1. An entry that the feed itself says is deleted (RFC 6721) is.
// 2. A post that the feed no longer lists is asked for at its own address. 404 or 410: it is deleted. Anything else, and
//    be it an error, says nothing.
// 3. A post without an address of its own, or whose address now leads to the front page, is deleted if newer and older
//    ones are still listed.
//
// What was retracted and is listed again is news again (record-posts.ts), to those who have not had it in an issue. An
// issue that is frozen goes out as it is: the text at the cut-off is its own.
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import { canonicalUrl, identitiesOf } from './identity.js';
import type { PreparedPost } from './incoming.js';
import {
  findOfferedToAll,
  findStanding,
  listingsChanged,
  lockPosts,
  markAsked,
  markRetracted,
  postsByIdentity,
  type StandingPost,
} from './store.js';

/** What the post's own address says. */
export type Whereabouts = 'there' | 'gone' | 'front-page' | 'unknown';

export interface RetractDeps {
  db: Db;
  now: () => Date;
  /** Asks for the page at an address. */
  ask: (url: string) => Promise<Whereabouts>;
}

export interface Listing {
  newsletterId: string;
  feedId: string;
  /** What the feed lists now, and the posts of the ledger they are; undefined: what it listed at the last poll. */
  listed?: { posts: readonly Pick<PreparedPost, 'publishedAt'>[]; postIds: readonly string[] };
  deleted: readonly { guid: string; at?: Date }[];
}

const asksAtMost = 5;
const askAgainAfter = 6 * hour;

/** Whether to ask for the post's page. The older it is the seldomer: a reader may pause for a year. */
function isDue({ firstSeenAt, linkAskedAt }: StandingPost, now: Date): boolean {
  if (linkAskedAt === null) return true;
  const age = now.getTime() - firstSeenAt.getTime();
  return now.getTime() - linkAskedAt.getTime() >= Math.max(askAgainAfter, age / 10);
}

/** Takes back what the feed's publisher has. Returns how many. */
export async function retract(deps: RetractDeps, listing: Listing): Promise<number> {
  const { db } = deps;
  const now = deps.now();
  const { feedId, newsletterId, listed } = listing;
  const buried = await findBuried(db, listing);
  const standing = await findStanding(db, feedId);
  const missing =
    listed === undefined
      ? standing.filter(({ unlistedAt }) => unlistedAt !== null)
      : await noteListings(db, standing, new Set(listed.postIds), now);
  const gaps = new Set(listed && missing.filter((post) => isInGap(post, listed.posts)).map(({ id }) => id));
  const gone = missing.filter(({ id, url }) => url === null && gaps.has(id)).map(({ id }) => id);
  const due = missing.filter((post) => post.url !== null && isDue(post, now));
  const awaited = await stillAwaited(db, newsletterId, due);
  const asked = due.filter(({ id }) => awaited.has(id)).slice(0, asksAtMost);
  const answers = await Promise.all(
    asked.map(async ({ id, url }) => ({ id, answer: await deps.ask(url ?? '') })),
  );
  // What nobody waits for is looked at again as late as what is there.
  const settled = [...asked, ...due.filter(({ id }) => !awaited.has(id))];
  await markAsked(
    db,
    settled.map(({ id }) => id),
    now,
  );
  for (const { id, answer } of answers)
    if (answer === 'gone' || (answer === 'front-page' && gaps.has(id))) gone.push(id);
  if (gone.length + buried.length === 0) return 0;
  return db.transaction(async (tx) => {
    await lockPosts(tx, newsletterId);
    return markRetracted(tx, [...gone, ...buried], now);
  });
}

/** Those of `posts` that some reader has yet to be offered. */
async function stillAwaited(
  db: Db,
  newsletterId: string,
  posts: readonly StandingPost[],
): Promise<Set<string>> {
  if (posts.length === 0) return new Set();
  const offered = BigInt((await findOfferedToAll(db, newsletterId)) ?? 0);
  return new Set(posts.filter(({ seq }) => seq === null || BigInt(seq) > offered).map(({ id }) => id));
}

/** Remembers since when posts are not listed; returns those that are not. */
async function noteListings(
  db: Db,
  standing: readonly StandingPost[],
  listed: ReadonlySet<string>,
  now: Date,
): Promise<StandingPost[]> {
  const missing = standing.filter(({ id }) => !listed.has(id));
  const isNew = missing.filter(({ unlistedAt }) => unlistedAt === null).map(({ id }) => id);
  const isBack = standing.filter(({ id, unlistedAt }) => listed.has(id) && unlistedAt !== null);
  await listingsChanged(db, { unlisted: isNew, listed: isBack.map(({ id }) => id), now });
  return missing.map((post) => ({ ...post, unlistedAt: post.unlistedAt ?? now }));
}

/** True if the feed lists newer posts and older ones, so that it neither ends before the post nor is a copy from before it. */
export function isInGap(
  { publishedAt }: Pick<StandingPost, 'publishedAt'>,
  listed: readonly Pick<PreparedPost, 'publishedAt'>[],
): boolean {
  if (publishedAt === null) return false;
  const others = listed.flatMap((post) => (post.publishedAt === null ? [] : [post.publishedAt.getTime()]));
  const older = others.filter((time) => time < publishedAt.getTime()).length;
  // A single old post may be one that the publisher keeps on top.
  return older >= Math.min(3, Math.ceil(others.length / 2)) && older < others.length;
}

/** The posts whose deletion the feed announces, and which were not published anew since. */
async function findBuried(db: Db, { newsletterId, feedId, deleted, listed }: Listing): Promise<string[]> {
  const guids = new Map(deleted.map((tombstone) => [guidIdentity(tombstone.guid, feedId), tombstone]));
  if (guids.size === 0) return [];
  const posts = await postsByIdentity(db, newsletterId, [...guids.keys()]);
  return [...posts]
    .filter(([, post]) => post.feedId === feedId && listed?.postIds.includes(post.id) !== true)
    .map(([, { id }]) => id);
}

function guidIdentity(guid: string, scope: string): string {
  const nothing = { url: null, title: '', html: '', text: '', excerpt: '', author: null, image: null };
  const post = { ...nothing, guid, topics: [], commentCount: null, publishedAt: null };
  return identitiesOf(post, scope).names[0] ?? '';
}

/** What it means that the page of `url` answered so, after redirects to `finalUrl`. */
export function whereaboutsOf(
  url: string,
  { statusCode, finalUrl }: { statusCode: number; finalUrl: string },
): Whereabouts {
  if (statusCode === 404 || statusCode === 410) return 'gone';
  if (statusCode < 200 || statusCode > 299) return 'unknown';
  const [asked, found] = [canonicalUrl(url) ?? '', canonicalUrl(finalUrl) ?? ''];
  // "example.org" alone: a canonical address without a path.
  return asked !== found && !/[/?#]/.test(found) ? 'front-page' : 'there';
}
