// The SQL of posts. The ledger holds what may reach a reader, and every name under which a post was seen.
import type { Db } from '../db.js';
import type { PreparedPost } from './incoming.js';

export type PostState = 'eligible' | 'held' | 'excluded' | 'known';

export interface PostRow extends PreparedPost {
  id: string;
  newsletterId: string;
  feedId: string | null;
  state: PostState;
  pinned: boolean;
  seq: string | null;
  firstSeenAt: Date;
  updatedAt: Date;
  /** The time since when the anomaly guard holds it. */
  heldAt: Date | null;
  /** The time at which its publisher retracted it. */
  retractedAt: Date | null;
}

/**
 * Locks the posts of the newsletter against other writers, so that two polls at once see each other's posts.
 * False if there is no such newsletter.
 */
export async function lockPosts(tx: Db, newsletterId: string): Promise<boolean> {
  return (
    (await tx.query('select from newsletters where id = $1 for no key update', [newsletterId])).length === 1
  );
}

export interface KnownPost extends Pick<
  PostRow,
  'id' | 'feedId' | 'guid' | 'url' | 'title' | 'publishedAt' | 'seq'
> {
  /** The time at which its publisher retracted it. */
  retractedAt: Date | null;
  heldAt: Date | null;
  /** The time at which its feed was removed (adopt.ts). */
  orphanedAt: Date | null;
  /** The beginning of its text; null for a post with a guid. */
  text: string | null;
}

/** The posts that were seen under any of `identities`, by identity. */
export async function postsByIdentity(
  tx: Db,
  newsletterId: string,
  identities: readonly string[],
): Promise<Map<string, KnownPost>> {
  const rows = await tx.query<KnownPost & { identity: string }>(
    `select i.identity, p.id, p.feed_id, p.guid, p.url, p.title, p.published_at, p.seq, p.retracted_at, p.held_at,
            p.orphaned_at, case when p.guid is null then left(p.text, 2000) end as text
       from post_identities i join posts p on p.id = i.post_id
      where i.newsletter_id = $1 and i.identity = any($2)`,
    [newsletterId, identities],
  );
  return new Map(rows.map(({ identity, ...post }) => [identity, post]));
}

export interface NewPost {
  post: PreparedPost;
  state: 'eligible' | 'held' | 'known';
  seq: bigint | null;
}

/** Writes posts in one statement. Returns their ids in the same order. */
export async function insertPosts(
  tx: Db,
  { newsletterId, feedId, now }: { newsletterId: string; feedId: string | null; now: Date },
  posts: readonly NewPost[],
): Promise<string[]> {
  if (posts.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `insert into posts (newsletter_id, feed_id, guid, url, title, html, text, excerpt, author, image, topics,
                        comment_count, comments_url, published_at, state, seq, first_seen_at, updated_at, held_at)
     select $1, $2, guid, url, title, html, text, excerpt, author, image, topics, "commentCount", "commentsUrl",
            "publishedAt", state, seq, $3::timestamptz, $3::timestamptz, case when state = 'held' then $3::timestamptz end
       from jsonb_to_recordset($4::jsonb) as n(position int, guid text, url text, title text, html text, text text,
            excerpt text, author text, image jsonb, topics text[], "commentCount" int, "commentsUrl" text,
            "publishedAt" timestamptz,
            state text, seq bigint)
      order by position
     returning id`,
    [
      newsletterId,
      feedId,
      now,
      JSON.stringify(
        posts.map(({ post, state, seq }, position) => ({
          ...post,
          position,
          state,
          seq: seq === null ? null : String(seq),
        })),
      ),
    ],
  );
  return rows.map(({ id }) => id);
}

/**
 * Gives each post its new words if they differ, and returns the ids of the changed posts. Seq and state stay:
 * an edited post is not news. Values that the feed no longer gives (a date, an image) are removed. The
 * comment count stays, since another feed of the same site may provide it. The first 50 edits of a post that
 * is not just known are logged.
 */
export async function updatePosts(
  tx: Db,
  posts: readonly { id: string; post: PreparedPost }[],
  now: Date,
): Promise<string[]> {
  if (posts.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `with changed as (
       update posts p
          set guid = n.guid, url = n.url, title = n.title, html = n.html, text = n.text, excerpt = n.excerpt,
              author = n.author, image = n.image, topics = n.topics,
              comment_count = coalesce(n."commentCount", o.comment_count),
              comments_url = coalesce(n."commentsUrl", o.comments_url), published_at = n."publishedAt",
              updated_at = $2::timestamptz
         from jsonb_to_recordset($1::jsonb) as n(id bigint, guid text, url text, title text, html text, text text,
              excerpt text, author text, image jsonb, topics text[], "commentCount" int, "commentsUrl" text,
              "publishedAt" timestamptz)
         join posts o on o.id = n.id
        where p.id = n.id
          and (o.guid, o.url, o.title, o.html, o.text, o.excerpt, o.author, o.image, o.topics, o.comment_count,
               o.comments_url, o.published_at)
              is distinct from
              (n.guid, n.url, n.title, n.html, n.text, n.excerpt, n.author, n.image, n.topics,
               coalesce(n."commentCount", o.comment_count), coalesce(n."commentsUrl", o.comments_url), n."publishedAt")
       returning p.id, p.state, o.title as title_before,
         array_remove(array[
           case when o.title <> n.title then 'title' end,
           -- How an excerpt is cut from tables has changed; their posts have not.
           case when o.text <> n.text or o.html <> n.html or o.excerpt <> n.excerpt and o.html !~ '<(t[dh]|d[td])[ >]'
             then 'text' end,
           case when o.url is distinct from n.url then 'url' end,
           case when o.image is distinct from n.image then 'image' end
         ], null) as fields
     ), logged as (
       insert into post_edits (post_id, at, changed, title)
       select id, $2::timestamptz, fields, title_before from changed
        where state <> 'known' and fields <> '{}'
          and (select count(*) from post_edits e where e.post_id = changed.id) < 50
       on conflict do nothing
     )
     select id from changed`,
    [JSON.stringify(posts.map(({ id, post }) => ({ ...post, id }))), now],
  );
  return rows.map(({ id }) => id);
}

// A text that contains a counter has a new fingerprint at each poll.
const namesAtMost = 100;

/**
 * Records that the posts were seen under these names, unless a post has `atMost` names; null: however many it
 * has. A name that another post already has stays with that post.
 */
export async function addIdentities(
  tx: Db,
  newsletterId: string,
  names: readonly { identity: string; postId: string }[],
  { atMost = namesAtMost }: { atMost?: number | null } = {},
): Promise<void> {
  await tx.query(
    `insert into post_identities (newsletter_id, identity, post_id)
     select $1, n.identity, n.post_id from unnest($2::text[], $3::bigint[]) as n(identity, post_id)
      where $4::bigint is null or (select count(*) from post_identities i where i.post_id = n.post_id) < $4
     on conflict do nothing`,
    [newsletterId, names.map(({ identity }) => identity), names.map(({ postId }) => postId), atMost],
  );
}

export async function findPost(db: Db, postId: string): Promise<PostRow | undefined> {
  return db.maybeOne<PostRow>('select * from posts where id = $1', [postId]);
}

/** Of 100,000 posts that all match, finding them by their titles takes 400 ms: a word of the newest is common. */
const newest = 2_000;

/**
 * Posts with these words in the title. A common word fills a page among the newest posts. The trigrams find a rare
 * one: materialized and by title alone, or the planner reads all posts of the newsletter.
 */
async function searchPosts(
  db: Db,
  {
    newsletterId,
    state,
    before,
    limit,
    search,
  }: { newsletterId: string; state: PostState | null; before: string | null; limit: number; search: string },
): Promise<PostRow[]> {
  const values = [newsletterId, state, before, limit, search.replaceAll(/[\\%_]/g, String.raw`\$&`)];
  const isMeant =
    'newsletter_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)';
  const hasWords = `lower(title) like '%' || lower($5) || '%'`;
  const first = await db.query<PostRow>(
    `select * from (select * from posts where ${isMeant} order by id desc limit ${newest}) recent
     where ${hasWords} order by id desc limit $4`,
    values,
  );
  if (first.length === limit) return first;
  return db.query<PostRow>(
    `with found as materialized (select id, newsletter_id, state from posts where ${hasWords})
     select * from posts where id in (select id from found where ${isMeant} order by id desc limit $4)
     order by id desc`,
    values,
  );
}

/** A page of a newsletter's posts, the last seen first. With `search`, those with these words in the title. */
export async function findPosts(
  db: Db,
  filter: {
    newsletterId: string;
    state: PostState | null;
    before: string | null;
    limit: number;
    search?: string | undefined;
  },
): Promise<PostRow[]> {
  if (filter.search !== undefined) return searchPosts(db, { ...filter, search: filter.search });
  return db.query<PostRow>(
    `select * from posts
      where newsletter_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
      order by id desc limit $4`,
    [filter.newsletterId, filter.state, filter.before, filter.limit],
  );
}

/** An issue that has the post, and went out or still may. */
export interface IssueOfPost {
  postId: string;
  issueId: string;
  number: number;
}

/** The issues with these posts, each post's oldest first. */
export async function findIssuesOf(db: Db, postIds: readonly string[]): Promise<IssueOfPost[]> {
  return db.query<IssueOfPost>(
    `select ip.post_id, i.id as issue_id, i.number from issue_posts ip join issues i on i.id = ip.issue_id
      where ip.post_id = any ($1) and i.cancelled_at is null and i.skipped_at is null order by i.id`,
    [postIds],
  );
}

/** True if an issue that went out, or still may, offers the post. Offering it again would mail it twice. */
export async function isInAnIssue(tx: Db, postId: string): Promise<boolean> {
  return (await findIssuesOf(tx, [postId])).length > 0;
}

export async function setState(
  tx: Db,
  postId: string,
  change: { state: PostState; pinned: boolean; seq: string | null; now: Date },
): Promise<PostRow> {
  return tx.one<PostRow>(
    `update posts set state = $2::text, pinned = $3, seq = $4, updated_at = $5,
       held_at = case when state = $2::text then held_at end,
       retracted_at = case when state = $2::text then retracted_at end
     where id = $1 returning *`,
    [postId, change.state, change.pinned, change.seq, change.now],
  );
}

/** Locks the posts of a feed that the anomaly guard holds. Returns their ids in order of arrival. */
export async function findHeldByGuard(tx: Db, feedId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from posts where feed_id = $1 and state = 'held' and held_at is not null order by id for update`,
    [feedId],
  );
  return rows.map(({ id }) => id);
}

export async function findHeldTitles(db: Db, feedId: string): Promise<string[]> {
  const rows = await db.query<{ title: string }>(
    `select title from posts where feed_id = $1 and state = 'held' and held_at is not null
      order by id desc limit 200`,
    [feedId],
  );
  return rows.map(({ title }) => title);
}

/** The titles and states of the posts that a feed brought last. */
export async function findLatestOf(
  db: Db,
  feedId: string,
  limit: number,
): Promise<{ title: string; state: PostState }[]> {
  return db.query(
    `select title, state from posts where feed_id = $1
     order by first_seen_at desc, id desc limit $2`,
    [feedId, limit],
  );
}

/** Gives several posts the same state, and each its own number. */
export async function setStates(
  tx: Db,
  posts: readonly { id: string; seq: string | null }[],
  state: PostState,
  now: Date,
): Promise<void> {
  await tx.change(
    `update posts p set state = $3, seq = n.seq, retracted_at = null, unlisted_at = null, updated_at = $4
       from unnest($1::bigint[], $2::bigint[]) as n(id, seq) where p.id = n.id`,
    [posts.map(({ id }) => id), posts.map(({ seq }) => seq), state, now],
  );
}

export interface StandingPost {
  id: string;
  url: string | null;
  seq: string | null;
  publishedAt: Date | null;
  firstSeenAt: Date;
  unlistedAt: Date | null;
  linkAskedAt: Date | null;
}

/**
 * The feed's posts that may go out, for the first time or to readers who have not had them; the newest first.
 */
export async function findStanding(db: Db, feedId: string): Promise<StandingPost[]> {
  return db.query<StandingPost>(
    `select id, url, seq, published_at, first_seen_at, unlisted_at, link_asked_at from posts
      where feed_id = $1 and state in ('eligible', 'held')
      order by first_seen_at desc, id desc limit 500`,
    [feedId],
  );
}

/**
 * The seq up to which every reader has been offered the newsletter's posts; null if it has no readers. Reads
 * all of their subscriptions.
 */
export async function findOfferedToAll(db: Db, newsletterId: string): Promise<string | null> {
  const { seq } = await db.one<{ seq: string | null }>(
    `select min(read_through) as seq from subscriptions
      where newsletter_id = $1 and confirmed_at is not null and unsubscribed_at is null`,
    [newsletterId],
  );
  return seq;
}

/** Records since when posts are not listed by their feed, and which are listed again. */
export async function listingsChanged(
  db: Db,
  change: { unlisted: readonly string[]; listed: readonly string[]; now: Date },
): Promise<void> {
  if (change.unlisted.length + change.listed.length === 0) return;
  await db.change(
    `update posts set unlisted_at = case when id = any ($1) then $3::timestamptz end, link_asked_at = null
      where id = any ($1) or id = any ($2)`,
    [change.unlisted, change.listed, change.now],
  );
}

export async function markAsked(db: Db, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length > 0) await db.change('update posts set link_asked_at = $2 where id = any ($1)', [ids, now]);
}

/** Excludes posts from issues to come. Frozen issues have their own copies. Returns how many changed. */
export async function markRetracted(tx: Db, ids: readonly string[], now: Date): Promise<number> {
  return tx.change(
    `update posts set state = 'excluded', retracted_at = $2::timestamptz, updated_at = $2::timestamptz
      where id = any ($1) and state in ('eligible', 'held')`,
    [ids, now],
  );
}

export interface PostEdit {
  at: Date;
  /** The changed fields: 'title', 'text', 'url' or 'image'. */
  changed: string[];
  /** The title before the edit. */
  title: string;
  /** The issues that had the post as it was before the edit. */
  issueIds: string[];
}

/** The edits of a post, the latest first. */
export async function findEdits(db: Db, postId: string): Promise<PostEdit[]> {
  return db.query<PostEdit>(
    `select e.at, e.changed, e.title,
            array(select i.id::text from issue_posts ip join issues i on i.id = ip.issue_id
                   where ip.post_id = e.post_id and i.frozen_at < e.at order by i.id) as issue_ids
       from post_edits e where e.post_id = $1 order by e.at desc`,
    [postId],
  );
}
