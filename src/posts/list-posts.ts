import type { Db } from '../db.js';
import { type PostJson, postJson } from './post-json.js';
import { findPosts, type PostState } from './store.js';

interface ListPostsInput {
  newsletterId: string;
  state?: PostState | undefined;
  cursor?: string | undefined;
  /** 1 to 200; 50 if not given. */
  limit?: number | undefined;
}

/** A page of posts, the last seen first. A cursor that we did not give out reads as the end of the list. */
export async function listPosts(
  db: Db,
  { newsletterId, state, cursor, limit = 50 }: ListPostsInput,
): Promise<{ data: PostJson[]; nextCursor: string | null }> {
  const isOurs = [newsletterId, cursor ?? '0'].every((id) => /^\d{1,18}$/.test(id));
  if (!isOurs) return { data: [], nextCursor: null };
  const size = Math.min(Math.max(limit, 1), 200);
  // One more than the page holds tells whether there is a next one.
  const rows = await findPosts(db, {
    newsletterId,
    state: state ?? null,
    before: cursor ?? null,
    limit: size + 1,
  });
  const page = rows.slice(0, size);
  return { data: page.map(postJson), nextCursor: rows.length > size ? (page.at(-1)?.id ?? null) : null };
}
