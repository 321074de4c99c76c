// Issues in review: decisions, an editor's changes, and the mails about them.
import type { Db } from '../db.js';
import type { Words } from '../newsletters/selection.js';
import type { FrozenPost, OmissionReason, StoredPost } from './store-freeze.js';

const waits = `frozen_at is not null and approved_at is null and fanned_out_at is null and cancelled_at is null
  and skipped_at is null`;

/** false: the issue was not in review. Nothing is sent before the newsletter's retractMinutes are over. */
export async function approve(db: Db, id: string, now: Date): Promise<boolean> {
  return (
    (await db.change(
      `update issues i set approved_at = now(), review_until = null,
         retract_until = $2::timestamptz + minutes.retract * interval '1 minute'
       from (select id, nullif(coalesce((schedule->>'retractMinutes')::int, 0), 0) as retract from newsletters) minutes
       where minutes.id = i.newsletter_id and i.id = $1 and ${waits}`,
      [id, now],
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
  own: { subject: string | null; words: Partial<Words> },
): Promise<void> {
  await tx.query('update issues set own_subject = $2, own_words = $3 where id = $1', [
    id,
    own.subject,
    JSON.stringify(own.words),
  ]);
}

export async function setSubject(tx: Db, id: string, subject: string): Promise<void> {
  await tx.query('update issues set subject = $2 where id = $1', [id, subject]);
}

/** Everyone who may decide is to be told. */
export async function insertReviewMails(tx: Db, issueId: string): Promise<void> {
  await tx.query(
    `insert into review_mails (issue_id, account_id)
     select $1::bigint, id from accounts where role in ('owner', 'editor') on conflict do nothing`,
    [issueId],
  );
}

export interface ReviewMail {
  accountId: string;
  email: string;
  attempts: number;
}

/** Takes the mails that are due, for `minutes`: a worker that dies leaves them to the next. */
export async function claimReviewMails(db: Db, issueId: string, minutes: number): Promise<ReviewMail[]> {
  return db.query(
    `update review_mails m set due_at = now() + $2 * interval '1 minute', attempts = attempts + 1
     from accounts a
     where m.issue_id = $1 and a.id = m.account_id and a.role in ('owner', 'editor')
       and m.sent_at is null and m.refused_at is null and m.due_at <= now()
     returning m.account_id, a.email, m.attempts`,
    [issueId, minutes],
  );
}

export async function settleReviewMail(
  db: Db,
  mail: {
    issueId: string;
    accountId: string;
    ended: 'sent' | 'refused' | 'later';
    dueAt: Date | null;
    reply: string;
  },
): Promise<void> {
  await db.query(
    `update review_mails set sent_at = case when $3 = 'sent' then now() end,
       refused_at = case when $3 = 'refused' then now() end, due_at = coalesce($4, due_at), reply = $5
     where issue_id = $1 and account_id = $2`,
    [mail.issueId, mail.accountId, mail.ended, mail.dueAt, mail.reply],
  );
}

/** Deletes an issue's unsent mails when the review is over. */
export async function dropReviewMails(db: Db, issueId: string): Promise<void> {
  await db.query('delete from review_mails where issue_id = $1 and sent_at is null and refused_at is null', [
    issueId,
  ]);
}

/** Issues with mails to send. */
export async function selectUntold(db: Db): Promise<string[]> {
  const rows = await db.query<{ issueId: string }>(
    `select distinct issue_id from review_mails
     where sent_at is null and refused_at is null and due_at <= now() order by issue_id`,
  );
  return rows.map(({ issueId }) => issueId);
}
