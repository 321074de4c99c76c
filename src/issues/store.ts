// The row of an issue.
import type { Db } from '../db.js';
import type { Look } from '../newsletters/look.js';
import type { ReviewTimeout } from '../newsletters/schedule.js';
import type { Words } from '../newsletters/selection.js';
import type { GuardFinding } from './sending.js';
import type { IssueStatus, IssueTimes } from './status.js';

export interface IssueRow extends IssueTimes {
  id: string;
  newsletterId: string;
  number: number | null;
  kind: 'scheduled' | 'manual';
  slot: Date;
  dueDefault: boolean;
  dueReadingTimes: string[];
  postIds: string[] | null;
  review: 'auto' | 'hold';
  subject: string | null;
  seqThrough: string | null;
  createdAt: Date;
  retryUntil: Date | null;
  pausedBy: 'admin' | 'guard' | 'hold' | null;
  /** An admin's words, the hold's reason, or the last refusal that the guard saw. */
  pauseReason: string | null;
  guardKind: GuardFinding['kind'] | null;
  guardBad: number | null;
  guardEnds: number | null;
  skipReason: string | null;
  /** A subject template for this issue only. */
  ownSubject: string | null;
  /** Absent: the newsletter's. null: none. */
  ownWords: Partial<Words>;
  /** In review: until when it can be decided, and what happens then. */
  reviewUntil: Date | null;
  reviewTimeout: ReviewTimeout;
  /** The name of the actor that edited it last, as in the audit log: 'account:1'. null: nobody. */
  editedBy: string | null;
  /** How often it was edited in review. */
  edits: number;
  /** "Send now": the version of the draft that the person saw. Null: nobody saw one. */
  seenDraft: number | null;
  /** The freeze found another version: the issue waits for an approval. */
  draftChanged: boolean;
  /** The fan-out waits until then, so that an approval can be withdrawn. */
  retractUntil: Date | null;
  candidates: number | null;
  excluded: Record<string, number>;
  batches: number;
  /** The look at the freeze; null: not frozen, or frozen before looks existed. */
  look: Look | null;
}

const issueColumns = `id, newsletter_id, number, kind, slot, due_default, due_reading_times, post_ids, review, subject,
  seq_through, created_at, frozen_at, approved_at, fanned_out_at, retry_until, paused_at, paused_by, pause_reason, guard_kind, guard_bad, guard_ends, cancelled_at,
  finished_at, skipped_at, skip_reason, own_subject, own_words, review_until, review_timeout, edited_by, edits, retract_until, candidates,
  excluded, batches, look, seen_draft, draft_changed`;

export async function selectIssue(db: Db, id: string): Promise<IssueRow | undefined> {
  return db.maybeOne(`select ${issueColumns} from issues where id = $1`, [id]);
}

/** Locks the row until the transaction ends: one process freezes, one fans out. */
export async function lockIssue(tx: Db, id: string): Promise<IssueRow | undefined> {
  return tx.maybeOne(`select ${issueColumns} from issues where id = $1 for update`, [id]);
}

/** The id of the newsletter's issue with this number, which issues get at the freeze. */
export async function selectIssueByNumber(
  db: Db,
  newsletterId: string,
  number: number,
): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    'select id from issues where newsletter_id = $1 and number = $2',
    [newsletterId, number],
  );
  return row?.id;
}

/** The status of a row, as issueStatus derives it. */
const statusInSql = `case when skipped_at is not null then 'skipped' when cancelled_at is not null then 'cancelled'
  when finished_at is not null then 'finished' when paused_at is not null then 'paused'
  when fanned_out_at is not null then 'sending' when frozen_at is null then 'collecting'
  when approved_at is not null then 'frozen' else 'review' end`;

export interface IssueQuery {
  newsletterId: string;
  before?: string | undefined;
  status?: IssueStatus | undefined;
  limit: number;
}

/** Newest first, below the id `before`. No index knows the status: it filters the issues of one newsletter, of which there are a thousand at most or so. */
export async function selectIssues(
  db: Db,
  { newsletterId, before, status, limit }: IssueQuery,
): Promise<IssueRow[]> {
  return db.query(
    `select ${issueColumns} from issues
     where newsletter_id = $1 and ($2::bigint is null or id < $2) and ($4::text is null or ${statusInSql} = $4)
     order by id desc limit $3`,
    [newsletterId, before ?? null, limit, status ?? null],
  );
}

/** The newest issues of each of these newsletters, `each` at most; the newest first. */
export async function selectLatestIssues(
  db: Db,
  { newsletterIds, each }: { newsletterIds: readonly string[]; each: number },
): Promise<IssueRow[]> {
  return db.query(
    `select latest.* from unnest($1::bigint[]) as n (newsletter),
       lateral (select ${issueColumns} from issues where newsletter_id = n.newsletter order by id desc limit $2) latest
     order by latest.id desc`,
    [newsletterIds, each],
  );
}

/** A newsletter, and the time before which its issues do not matter. */
export interface IssuesSince {
  newsletterId: string;
  since: Date;
}

/** Of all these newsletters together: the newest first, below the id `before`. */
export async function selectIssuesSince(
  db: Db,
  {
    newsletters,
    before,
    limit,
  }: { newsletters: readonly IssuesSince[]; before: string | undefined; limit: number },
): Promise<IssueRow[]> {
  return db.query(
    `select latest.* from unnest($1::bigint[], $2::timestamptz[]) as n (newsletter, since),
       lateral (select ${issueColumns} from issues
         where newsletter_id = n.newsletter and ($3::bigint is null or id < $3) and coalesce(fanned_out_at, slot) >= n.since
         order by id desc limit $4) latest
     order by latest.id desc limit $4`,
    [
      newsletters.map(({ newsletterId }) => newsletterId),
      newsletters.map(({ since }) => since),
      before ?? null,
      limit,
    ],
  );
}

/** When the sending of the newsletter's next issue began. Null: it has not. */
export async function selectNextStart(
  db: Db,
  { newsletterId, after }: { newsletterId: string; after: Date },
): Promise<Date | null> {
  const { at } = await db.one<{ at: Date | null }>(
    'select min(fanned_out_at) as at from issues where newsletter_id = $1 and fanned_out_at > $2',
    [newsletterId, after],
  );
  return at;
}

export async function markSkipped(tx: Db, id: string, reason: string): Promise<void> {
  await tx.query(`update issues set skipped_at = now(), skip_reason = $2 where id = $1`, [id, reason]);
}
