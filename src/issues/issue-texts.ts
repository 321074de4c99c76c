// The headlines and excerpts of a frozen issue's posts, and how an editor changes them for this issue only.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { FrozenPost } from './store-freeze.js';
import { selectIssueTexts, selectPostTexts, type IssueTexts } from './store-review.js';

export type { IssueTexts };

/** What an editor typed for one post. null: as the feed has it. Absent: as it was. */
export interface TextEdit {
  postId: string;
  title?: string | null | undefined;
  excerpt?: string | null | undefined;
}

/** By the post's id. */
export async function issueTexts(db: Db, issueId: string): Promise<Map<string, IssueTexts>> {
  const rows = isId(issueId) ? await selectIssueTexts(db, issueId) : [];
  return new Map(rows.map((row) => [row.postId, row]));
}

/** The posts with what the editor typed. Edits of other posts are ignored: an issue may have lost a post meanwhile. */
export async function withTexts(
  db: Db,
  posts: readonly FrozenPost[],
  edits: readonly TextEdit[],
): Promise<FrozenPost[]> {
  if (edits.length === 0) return [...posts];
  const byId = new Map(edits.map((edit) => [edit.postId, edit]));
  const wanted = posts.filter(({ id }) => byId.has(id)).map(({ id }) => id);
  const own = new Map((await selectPostTexts(db, wanted)).map((row) => [row.postId, row]));
  return posts.map((post) => {
    const { title = post.title, excerpt = post.excerpt } = byId.get(post.id) ?? {};
    const feed = own.get(post.id) ?? post;
    return { ...post, title: title ?? feed.title, excerpt: excerpt ?? feed.excerpt };
  });
}
