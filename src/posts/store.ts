// The SQL of posts: the ledger of what may reach a reader, and under which names it was ever seen.
import type { Db } from '../db.js';
import type { PostImage, PreparedPost } from './incoming.js';

export type PostState = 'eligible' | 'held' | 'excluded' | 'known';

export interface PostRow {
  id: string;
  newsletterId: string;
  feedId: string | null;
  guid: string | null;
  url: string | null;
  title: string;
  html: string;
  text: string;
  excerpt: string;
  author: string | null;
  image: PostImage | null;
  topics: string[];
  commentCount: number | null;
  publishedAt: Date | null;
  state: PostState;
  pinned: boolean;
  seq: string | null;
  firstSeenAt: Date;
  updatedAt: Date;
}

/**
 * Waits for whoever else writes posts of this newsletter, so that two polls at once see each other's posts. False if
 * there is no such newsletter.
 */
export async function lockNewsletter(tx: Db, newsletterId: string): Promise<boolean> {
  return (
    (await tx.query('select from newsletters where id = $1 for no key update', [newsletterId])).length === 1
  );
}

/** Takes `count` numbers and returns the first. The row stays locked to the commit, so no number is seen late. */
export async function takeSeq(tx: Db, newsletterId: string, count: number): Promise<bigint> {
  const { seq } = await tx.one<{ seq: string }>(
    'update newsletters set seq = seq + $2 where id = $1 returning seq',
    [newsletterId, count],
  );
  return BigInt(seq) - BigInt(count) + 1n;
}

export type KnownPost = Pick<PostRow, 'id' | 'feedId' | 'guid' | 'url' | 'title' | 'publishedAt'>;

/** The posts that were seen under any of `identities`, by identity. */
export async function postsByIdentity(
  tx: Db,
  newsletterId: string,
  identities: readonly string[],
): Promise<Map<string, KnownPost>> {
  const rows = await tx.query<KnownPost & { identity: string }>(
    `select i.identity, p.id, p.feed_id, p.guid, p.url, p.title, p.published_at
       from post_identities i join posts p on p.id = i.post_id
      where i.newsletter_id = $1 and i.identity = any($2)`,
    [newsletterId, identities],
  );
  return new Map(rows.map(({ identity, ...post }) => [identity, post]));
}

export interface NewPost {
  newsletterId: string;
  feedId: string | null;
  post: PreparedPost;
  state: 'eligible' | 'known';
  seq: bigint | null;
  now: Date;
}

/** Writes a post and returns its id. */
export async function insertPost(
  tx: Db,
  { newsletterId, feedId, post, state, seq, now }: NewPost,
): Promise<string> {
  const { id } = await tx.one<{ id: string }>(
    `insert into posts (newsletter_id, feed_id, guid, url, title, html, text, excerpt, author, image, topics,
                        comment_count, published_at, state, seq, first_seen_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) returning id`,
    [
      newsletterId,
      feedId,
      post.guid,
      post.url,
      post.title,
      post.html,
      post.text,
      post.excerpt,
      post.author,
      post.image,
      post.topics,
      post.commentCount,
      post.publishedAt,
      state,
      seq === null ? null : String(seq),
      now,
    ],
  );
  return id;
}

/**
 * Gives each post its new words where they differ from the old, and returns the ids of the changed. Neither seq nor
 * state: an edited post is not news. What the feed no longer says (a date, an image) goes too.
 */
export async function updatePosts(
  tx: Db,
  posts: readonly { id: string; post: PreparedPost }[],
  now: Date,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update posts p
        set guid = n.guid, url = n.url, title = n.title, html = n.html, text = n.text, excerpt = n.excerpt,
            author = n.author, image = n.image, topics = n.topics, comment_count = n."commentCount",
            published_at = n."publishedAt", updated_at = $2
       from jsonb_to_recordset($1::jsonb) as n(id bigint, guid text, url text, title text, html text, text text,
            excerpt text, author text, image jsonb, topics text[], "commentCount" int, "publishedAt" timestamptz)
      where p.id = n.id
        and (p.guid, p.url, p.title, p.html, p.text, p.excerpt, p.author, p.image, p.topics,
             p.comment_count, p.published_at)
            is distinct from
            (n.guid, n.url, n.title, n.html, n.text, n.excerpt, n.author, n.image, n.topics,
             n."commentCount", n."publishedAt")
     returning p.id`,
    [JSON.stringify(posts.map(({ id, post }) => ({ ...post, id }))), now],
  );
  return rows.map(({ id }) => id);
}

// A post whose text holds a counter has a new fingerprint at each poll.
const namesAtMost = 100;

/** Remembers that the posts were seen under these names. A name that another post bears already stays with it. */
export async function addIdentities(
  tx: Db,
  newsletterId: string,
  names: readonly { identity: string; postId: string }[],
): Promise<void> {
  await tx.query(
    `insert into post_identities (newsletter_id, identity, post_id)
     select $1, n.identity, n.post_id from unnest($2::text[], $3::bigint[]) as n(identity, post_id)
      where (select count(*) from post_identities i where i.post_id = n.post_id) < $4
     on conflict do nothing`,
    [newsletterId, names.map(({ identity }) => identity), names.map(({ postId }) => postId), namesAtMost],
  );
}

export async function findPost(db: Db, postId: string): Promise<PostRow | undefined> {
  return db.maybeOne<PostRow>('select * from posts where id = $1', [postId]);
}

/** A page of a newsletter's posts, the last seen first. */
export async function findPosts(
  db: Db,
  filter: { newsletterId: string; state: PostState | null; before: string | null; limit: number },
): Promise<PostRow[]> {
  return db.query<PostRow>(
    `select * from posts
      where newsletter_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
      order by id desc limit $4`,
    [filter.newsletterId, filter.state, filter.before, filter.limit],
  );
}

/** True if an issue that went out, or still may, offers the post: to offer it again would mail it twice. */
export async function isInAnIssue(tx: Db, postId: string): Promise<boolean> {
  const { found } = await tx.one<{ found: boolean }>(
    `select exists (select from issue_posts ip join issues i on i.id = ip.issue_id
                     where ip.post_id = $1 and i.cancelled_at is null and i.skipped_at is null) as found`,
    [postId],
  );
  return found;
}

export async function setState(
  tx: Db,
  postId: string,
  change: { state: PostState; pinned: boolean; seq: string | null; now: Date },
): Promise<PostRow> {
  return tx.one<PostRow>(
    `update posts set state = $2, pinned = $3, seq = $4, updated_at = $5 where id = $1 returning *`,
    [postId, change.state, change.pinned, change.seq, change.now],
  );
}
