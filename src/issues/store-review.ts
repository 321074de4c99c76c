// Issues in review: decisions, and an editor's changes.
import type { Db } from '../db.js';
import type { Words } from '../newsletters/selection.js';
import type { FrozenPost, OmissionReason, StoredPost } from './store-freeze.js';

const waits = `frozen_at is not null and approved_at is null and fanned_out_at is null and cancelled_at is null
  and skipped_at is null`;

/**
 * false: the issue was not in review, or with four eyes the approver edited it last. Nothing is sent before the
 * newsletter's retractMinutes are over.
 */
export async function approve(
  db: Db,
  { id, by, seen, now }: { id: string; by: string; seen: number | null; now: Date },
): Promise<boolean> {
  return (
    (await db.change(
      `update issues i set approved_at = now(), review_until = null,
         retract_until = $2::timestamptz + minutes.retract * interval '1 minute'
       from (select id, nullif(coalesce((schedule->>'retractMinutes')::int, 0), 0) as retract,
         coalesce((schedule->>'fourEyes')::boolean, false) as four_eyes from newsletters) minutes
       where minutes.id = i.newsletter_id and i.id = $1 and ${waits}
         and (not minutes.four_eyes or i.edited_by is distinct from $3) and ($4::int is null or i.edits = $4)`,
      [id, now, by, seen],
    )) === 1
  );
}

/**
 * Withdraws an approval while nothing is fanned out. After that only a person decides, however long it takes.
 */
export async function withdrawApproval(db: Db, id: string): Promise<boolean> {
  return (
    (await db.change(
      `update issues set approved_at = null, retract_until = null, review_until = null, review_timeout = 'wait',
         review = 'hold'
       where id = $1 and approved_at is not null and fanned_out_at is null and cancelled_at is null
         and skipped_at is null`,
      [id],
    )) === 1
  );
}

/** Decides the issues whose time in review is over. `released` go out now. */
export async function updateUnreviewed(
  db: Db,
  now: Date,
): Promise<{ released: string[]; skipped: string[] }> {
  const rows = await db.query<{ id: string; released: boolean }>(
    `update issues set
       approved_at = case when review_timeout = 'release' then now() end,
       skipped_at = case when review_timeout = 'skip' then now() end,
       skip_reason = case when review_timeout = 'skip' then 'not-reviewed' end
     where ${waits} and paused_at is null and review_timeout <> 'wait' and review_until <= $1
     returning id, review_timeout = 'release' as released`,
    [now],
  );
  const idsOf = (wanted: boolean) => rows.filter(({ released }) => released === wanted).map(({ id }) => id);
  return { released: idsOf(true), skipped: idsOf(false) };
}

/** The issues in review that have some of these posts, the oldest first. */
export async function selectWaiting(
  db: Db,
  newsletterId: string,
  postIds: readonly string[],
): Promise<{ id: string; number: number | null; posts: number }[]> {
  return db.query(
    `select i.id, i.number, count(*)::int as posts from issues i join issue_posts p on p.issue_id = i.id
     where i.newsletter_id = $1 and p.post_id = any ($2::bigint[]) and ${waits}
     group by i.id order by i.id`,
    [newsletterId, postIds],
  );
}

export interface Omission {
  reason: OmissionReason;
  seq: string;
  post: FrozenPost;
}

/** In the order that they would have in the issue. */
export async function selectOmissions(db: Db, issueId: string): Promise<Omission[]> {
  const rows = await db.query<{ reason: OmissionReason; seq: string; post: StoredPost }>(
    'select reason, seq, post from issue_omissions where issue_id = $1 order by position, post_id',
    [issueId],
  );
  return rows.map(({ reason, seq, post }, index) => ({
    reason,
    seq,
    post: {
      ...post,
      rank: post.rank ?? index,
      publishedAt: post.publishedAt === null ? null : new Date(post.publishedAt),
    },
  }));
}

export async function deletePosts(tx: Db, issueId: string): Promise<void> {
  await tx.query('delete from issue_posts where issue_id = $1', [issueId]);
  // No delivery uses them: the issue is not fanned out.
  await tx.query('delete from variants where issue_id = $1', [issueId]);
}

export async function deleteOmissions(tx: Db, issueId: string, postIds: readonly string[]): Promise<void> {
  await tx.query('delete from issue_omissions where issue_id = $1 and post_id = any ($2)', [
    issueId,
    postIds,
  ]);
}

export async function setOwn(
  tx: Db,
  id: string,
  own: { subject: string | null; words: Partial<Words>; editedBy: string | null },
): Promise<void> {
  await tx.query(
    'update issues set own_subject = $2, own_words = $3, edited_by = $4, edits = edits + 1 where id = $1',
    [id, own.subject, JSON.stringify(own.words), own.editedBy],
  );
}

/** No time decides about it any more, only a person. */
export async function waitForPerson(tx: Db, id: string): Promise<void> {
  await tx.query(`update issues set review_timeout = 'wait' where id = $1`, [id]);
}

export async function holdForReview(tx: Db, id: string): Promise<void> {
  await tx.query(`update issues set review = 'hold' where id = $1`, [id]);
}

export async function setSubject(tx: Db, id: string, subject: string): Promise<void> {
  await tx.query('update issues set subject = $2 where id = $1', [id, subject]);
}

/** The texts of a post that an editor may change in an issue in review. */
export interface PostTexts {
  postId: string;
  title: string;
  excerpt: string;
}

export interface IssueTexts extends PostTexts {
  /** As the feed has them now. */
  ownTitle: string;
  ownExcerpt: string;
  image: string | null;
}

/** As the issue has them. */
export const selectIssueTexts = (db: Db, issueId: string): Promise<IssueTexts[]> =>
  db.query<IssueTexts>(
    `select i.post_id, i.post ->> 'title' as title, i.post ->> 'excerpt' as excerpt,
       coalesce(p.title, i.post ->> 'title') as own_title, coalesce(p.excerpt, i.post ->> 'excerpt') as own_excerpt,
       p.image ->> 'url' as image
     from issue_posts i left join posts p on p.id = i.post_id where i.issue_id = $1`,
    [issueId],
  );

/** As the feed has them now. */
export const selectPostTexts = (db: Db, postIds: readonly string[]): Promise<PostTexts[]> =>
  db.query<PostTexts>('select id as post_id, title, excerpt from posts where id = any ($1::bigint[])', [
    postIds,
  ]);
