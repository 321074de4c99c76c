import type { Db } from '../db.js';
import { type PostJson, postJson } from './post-json.js';
import { findPost } from './store.js';

/** The post, or undefined if there is none with this id. */
export async function getPost(db: Db, postId: string): Promise<PostJson | undefined> {
  if (!/^\d{1,18}$/.test(postId)) return undefined;
  const row = await findPost(db, postId);
  return row === undefined ? undefined : postJson(row);
}
