// Lists a newsletter's posts in pages, as the API shows them.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { defaultLimit, maxLimit, type Page, pageOf } from '../paging.js';
import { type PostJson, postJson } from './post-json.js';
import { findLatestTopics } from './store-history.js';
import { findIssuesOf, findLatestOf, findPosts, type IssueOfPost, type PostState } from './store.js';

interface ListPostsInput {
  newsletterId: string;
  state?: PostState | undefined;
  /** A part of the title, in any case; at least three characters. */
  search?: string | undefined;
  cursor?: string | undefined;
  /** 1 to 200; the default is 50. */
  limit?: number | undefined;
}

/** The posts that a feed brought last, for the page of the feed. */
export function latestOf(db: Db, feedId: string): Promise<{ title: string; state: PostState }[]> {
  return findLatestOf(db, feedId, 10);
}

/** The topics that the newsletter's latest posts have, as their feeds name them; the most frequent first. */
export const latestTopics = (db: Db, newsletterId: string): Promise<string[]> =>
  findLatestTopics(db, newsletterId, 40);

/** The issues that went out, or still may, with these posts; each post's oldest first. */
export function issuesOf(db: Db, postIds: readonly string[]): Promise<IssueOfPost[]> {
  return findIssuesOf(db, postIds);
}

/** A page of posts, the last seen first. An invalid cursor reads as the end of the list. */
export async function listPosts(
  db: Db,
  { newsletterId, state, search, cursor, limit = defaultLimit }: ListPostsInput,
): Promise<Page<PostJson>> {
  if (!isId(newsletterId) || (cursor !== undefined && !isId(cursor))) return { data: [], nextCursor: null };
  const size = Math.min(Math.max(limit, 1), maxLimit);
  // One row more than the page holds shows whether there is a next page.
  const rows = await findPosts(db, {
    newsletterId,
    state: state ?? null,
    before: cursor ?? null,
    limit: size + 1,
    search,
  });
  return pageOf(rows.map(postJson), size);
}
