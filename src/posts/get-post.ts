// Reads one post, and its edits, as the API shows them.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { type PostJson, postJson } from './post-json.js';
import { findEdits, findPost, type PostEdit } from './store.js';

/** The post, or undefined if there is none with this id. */
export async function getPost(db: Db, postId: string): Promise<PostJson | undefined> {
  if (!isId(postId)) return undefined;
  const row = await findPost(db, postId);
  return row === undefined ? undefined : postJson(row);
}

/**
 * The publisher's changes to a post since it arrived, the latest first. Undefined if there is no such post.
 */
export async function getPostEdits(db: Db, postId: string): Promise<PostEdit[] | undefined> {
  if ((await getPost(db, postId)) === undefined) return undefined;
  return findEdits(db, postId);
}
