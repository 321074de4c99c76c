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

/** What its publisher changed of a post since it came, the last change first; undefined if there is no such post. */
export async function getPostEdits(db: Db, postId: string): Promise<PostEdit[] | undefined> {
  if ((await getPost(db, postId)) === undefined) return undefined;
  return findEdits(db, postId);
}
