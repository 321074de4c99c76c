// A post that its publisher retracts leaves the next issue. It also leaves the later issues of readers who
// have not had it yet, although others have. Caution is necessary: most posts that are missing from a feed
// were not deleted but fell off its end, and a server may deliver a copy of last week.
//
// 1. An entry that the feed itself declares deleted (RFC 6721) is deleted.
// 2. If the feed no longer lists a post, we request the post's own address. 404 or 410 means that it is
//    deleted. Any other response, even an error, proves nothing. Some sites answer 404 to every robot: so a
//    page that the feed lists must answer otherwise (control-page.ts).
// 3. A post without its own address, or whose address now leads to the front page, is deleted if the feed
//    still lists newer and older posts.
//
// A publisher who pushes posts says so itself (withdraw.ts).
//
// A retracted post that is listed again is news again (record-posts.ts), for readers who have not had it in
// an issue. A frozen issue goes out unchanged: it has its own copy of the text from the cut-off.
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import { askControls } from './control-page.js';
import { guidIdentity } from './identity/identity.js';
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
import type { Whereabouts } from './whereabouts.js';

export interface RetractDeps {
  db: Db;
  now: () => Date;
  /** Requests the page at an address. */
  ask: (url: string) => Promise<Whereabouts>;
}

export interface Listing {
  newsletterId: string;
  feedId: string;
  /**
   * The posts that the feed lists now, and their ids in the ledger. Undefined: the same as at the last
   * poll.
   */
  listed?: { posts: readonly Pick<PreparedPost, 'publishedAt' | 'url'>[]; postIds: readonly string[] };
  deleted: readonly { guid: string; at?: Date }[];
}

const asksAtMost = 5;
const askAgainAfter = 6 * hour;

/**
 * True if the post's page is due for a request. Older posts get fewer requests: a reader may pause for a
 * year.
 */
function isDue({ firstSeenAt, linkAskedAt }: StandingPost, now: Date): boolean {
  if (linkAskedAt === null) return true;
  const age = now.getTime() - firstSeenAt.getTime();
  return now.getTime() - linkAskedAt.getTime() >= Math.max(askAgainAfter, age / 10);
}

export interface Retraction {
  retracted: number;
  /** Whether the site shows its pages to us. Undefined if this poll did not find out. */
  pages?: 'shown' | 'refused';
}

/** Retracts the posts that the feed's publisher took back. */
export async function retract(deps: RetractDeps, listing: Listing): Promise<Retraction> {
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
  // Without a list, only these pages are known to be listed.
  const urls = listed?.posts ?? standing.filter(({ unlistedAt }) => unlistedAt === null);
  const due =
    listed === undefined && urls.length === 0
      ? []
      : missing.filter((post) => post.url !== null && isDue(post, now));
  const answers = await askPages(deps, newsletterId, due, now);
  const absent = answers.filter(({ id, answer }) => isAbsent(answer, gaps.has(id)));
  const controls = await askControls(deps.ask, absent, urls);
  for (const { id, url } of absent) if (controls.isDeleted(url)) gone.push(id);
  const isShown = answers.some(({ answer }) => answer === 'there') || controls.pages === 'shown';
  const pages = isShown ? 'shown' : controls.pages;
  const retracted =
    gone.length + buried.length === 0 ? 0 : await takeBack(deps, newsletterId, [...gone, ...buried]);
  return { retracted, ...(pages === undefined ? {} : { pages }) };
}

const isAbsent = (answer: Whereabouts, isGap: boolean): boolean =>
  answer === 'gone' || (answer === 'front-page' && isGap);

function takeBack({ db, now }: RetractDeps, newsletterId: string, ids: readonly string[]): Promise<number> {
  return db.transaction(async (tx) => {
    await lockPosts(tx, newsletterId);
    return markRetracted(tx, ids, now());
  });
}

/** Requests the pages of those posts for which some reader waits. */
async function askPages(
  { db, ask }: RetractDeps,
  newsletterId: string,
  due: readonly StandingPost[],
  now: Date,
): Promise<{ id: string; url: string; answer: Whereabouts }[]> {
  const awaited = await stillAwaited(db, newsletterId, due);
  const asked = due.filter(({ id }) => awaited.has(id)).slice(0, asksAtMost);
  const answers = await Promise.all(
    asked.map(async ({ id, url }) => ({ id, url: url ?? '', answer: await ask(url ?? '') })),
  );
  // Posts that no reader waits for become due again as late as posts whose page exists.
  const settled = [...asked, ...due.filter(({ id }) => !awaited.has(id))];
  await markAsked(
    db,
    settled.map(({ id }) => id),
    now,
  );
  return answers;
}

/** The ids of those `posts` that some reader has not been offered yet. */
async function stillAwaited(
  db: Db,
  newsletterId: string,
  posts: readonly StandingPost[],
): Promise<Set<string>> {
  if (posts.length === 0) return new Set();
  const offered = BigInt((await findOfferedToAll(db, newsletterId)) ?? 0);
  return new Set(posts.filter(({ seq }) => seq === null || BigInt(seq) > offered).map(({ id }) => id));
}

/** Records since when posts are not listed. Returns the posts that are not listed. */
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

/**
 * True if the feed lists newer and older posts. Then it neither ends before the post, nor is it a copy from
 * before the post.
 */
export function isInGap(
  { publishedAt }: Pick<StandingPost, 'publishedAt'>,
  listed: readonly Pick<PreparedPost, 'publishedAt'>[],
): boolean {
  if (publishedAt === null) return false;
  const others = listed.flatMap((post) => (post.publishedAt === null ? [] : [post.publishedAt.getTime()]));
  const older = others.filter((time) => time < publishedAt.getTime()).length;
  // The publisher may pin a single old post on top.
  return older >= Math.min(3, Math.ceil(others.length / 2)) && older < others.length;
}

/** The posts whose deletion the feed announces, and which it does not list again. */
async function findBuried(db: Db, { newsletterId, feedId, deleted, listed }: Listing): Promise<string[]> {
  const guids = new Map(deleted.map((tombstone) => [guidIdentity(tombstone.guid, feedId), tombstone]));
  if (guids.size === 0) return [];
  const posts = await postsByIdentity(db, newsletterId, [...guids.keys()]);
  return [...posts]
    .filter(([, post]) => post.feedId === feedId && listed?.postIds.includes(post.id) !== true)
    .map(([, { id }]) => id);
}
