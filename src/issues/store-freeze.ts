// The data that an issue fixes at its cut-off: its posts, those left out, and the variants rendered from
// them.
import type { Db } from '../db.js';
import type { Look } from '../newsletters/look.js';
import type { ReviewTimeout } from '../newsletters/schedule.js';
import type { MailPost } from '../digest/render-variant.js';
import type { Ranked } from '../digest/arrange-posts.js';
import type { Dropped } from '../digest/dropped.js';

/** A post as the ledger of posts has it at the cut-off. */
export interface IssuePost extends MailPost {
  id: string;
  seq: string;
  text: string;
}

/** A post of an issue: with the newsletter's topics, and its rank among the issue's posts. */
export type FrozenPost = Ranked<IssuePost>;

/** The same as JSON. In issues of older versions the order is the rank. */
export type StoredPost = Omit<IssuePost, 'publishedAt'> & { publishedAt: string | null; rank?: number };

/**
 * topic: excluded by the newsletter's selection. dropped, later: by an editor, for good or until the next
 * issue.
 */
export type OmissionReason = 'topic' | 'dropped' | 'later';

export interface VariantRow {
  id: string;
  key: string;
  postIds: string[];
  more: number;
  subject: string;
  preheader: string;
  html: string;
  text: string;
  /** The encoded size of the HTML; null: rendered before sizes were stored. */
  bytes: number | null;
  dropped: Dropped | null;
}

/** The newsletter's eligible posts after `after`, up to `through`; if `postIds` are given, only those. */
export async function selectEligiblePosts(
  db: Db,
  query: { newsletterId: string; after: string; through: string; postIds: string[] | null },
): Promise<IssuePost[]> {
  return db.query(
    `select id, seq, url, title, html, text, excerpt, author, image, topics, comment_count, comments_url, published_at,
            pinned,
            -- Posts name their feed only where there are several.
            (select f.title from feeds f where f.id = posts.feed_id
               and exists (select from feeds g where g.newsletter_id = $1 and g.id <> f.id
                              and g.disabled_at is null)) as source
     from posts
     where newsletter_id = $1 and state = 'eligible' and seq > $2 and seq <= $3
       and ($4::bigint[] is null or id = any ($4))
     order by seq desc`,
    [query.newsletterId, query.after, query.through, query.postIds],
  );
}

export async function insertIssuePosts(tx: Db, issueId: string, posts: readonly FrozenPost[]): Promise<void> {
  await tx.query(
    `insert into issue_posts (issue_id, post_id, position, seq, post)
     select $1::bigint, p.id, p.position, p.seq, p.post
     from unnest($2::bigint[], $3::bigint[], $4::jsonb[]) with ordinality as p (id, seq, post, position)`,
    [
      issueId,
      posts.map((post) => post.id),
      posts.map((post) => post.seq),
      posts.map((post) => JSON.stringify(post)),
    ],
  );
}

/** Stores posts that were eligible and are not in the issue. */
export async function insertOmissions(
  tx: Db,
  issueId: string,
  reason: OmissionReason,
  posts: readonly IssuePost[],
): Promise<void> {
  if (posts.length === 0) return;
  await tx.query(
    `insert into issue_omissions (issue_id, post_id, reason, position, seq, post)
     select $1::bigint, p.id, $5, p.position, p.seq, p.post
     from unnest($2::bigint[], $3::bigint[], $4::jsonb[]) with ordinality as p (id, seq, post, position)`,
    [
      issueId,
      posts.map((post) => post.id),
      posts.map((post) => post.seq),
      posts.map((post) => JSON.stringify(post)),
      reason,
    ],
  );
}

/** The posts as they were at the cut-off, in the issue's order. */
export async function selectIssuePosts(db: Db, issueId: string): Promise<FrozenPost[]> {
  const rows = await db.query<{ post: StoredPost }>(
    'select post from issue_posts where issue_id = $1 order by position',
    [issueId],
  );
  return rows.map(({ post }, index) => ({
    ...post,
    rank: post.rank ?? index,
    publishedAt: post.publishedAt === null ? null : new Date(post.publishedAt),
  }));
}

export async function insertVariant(
  tx: Db,
  issueId: string,
  language: string,
  variant: Omit<VariantRow, 'id'>,
): Promise<void> {
  await tx.query(
    `insert into variants (issue_id, key, language, post_ids, more, subject, preheader, html, text, bytes, dropped)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (issue_id, key) do nothing`,
    [
      issueId,
      variant.key,
      language,
      variant.postIds,
      variant.more,
      variant.subject,
      variant.preheader,
      variant.html,
      variant.text,
      variant.bytes,
      variant.dropped,
    ],
  );
}

export async function selectVariants(db: Db, issueId: string): Promise<VariantRow[]> {
  return db.query(
    `select id, key, post_ids, more, subject, preheader, html, text, bytes, dropped from variants
     where issue_id = $1 order by id`,
    [issueId],
  );
}

/**
 * The size of the issue's largest variant. A variant that fell back from the publisher's template comes
 * first. Undefined: nothing is rendered, or was before sizes were stored.
 */
export async function selectLargestVariant(
  db: Db,
  issueId: string,
): Promise<{ bytes: number; dropped: Dropped } | undefined> {
  return db.maybeOne(
    `select bytes, dropped from variants where issue_id = $1 and bytes is not null
     order by dropped ? 'ownTemplate' desc, bytes desc limit 1`,
    [issueId],
  );
}

export async function markFrozen(
  tx: Db,
  issue: {
    id: string;
    number: number;
    subject: string;
    seqThrough: string;
    approved: boolean;
    reviewTimeout: ReviewTimeout;
    reviewUntil: Date;
    draftChanged: boolean;
    look: Look;
    now: Date;
  },
): Promise<void> {
  await tx.query(
    `update issues set frozen_at = $9, number = $2, subject = $3, seq_through = $4,
       approved_at = case when $5 then $9::timestamptz end, review_timeout = $6,
       review_until = case when not $5 then $7::timestamptz end, look = $8,
       draft_changed = $10
     where id = $1`,
    [
      issue.id,
      issue.number,
      issue.subject,
      issue.seqThrough,
      issue.approved,
      issue.reviewTimeout,
      issue.reviewUntil,
      issue.look,
      issue.now,
      issue.draftChanged,
    ],
  );
}
