// Which issues to make: who is due and has something new. And the rows of new issues.
import type { Db } from '../db.js';
import { startOfNewReaders } from '../subscribers/read-through.js';

/** Whether a due reader has not been offered the newest eligible post yet. */
export async function hasNews(
  db: Db,
  newsletterId: string,
  due: { slot: Date; dueDefault: boolean; dueReadingTimes: string[] },
): Promise<boolean> {
  const { news } = await db.one<{ news: boolean }>(
    `select exists (
       select from subscriptions s
       where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
         and (s.reading_time_id = any ($3::bigint[]) or ($2 and s.reading_time_id is null))
         and (s.not_before is null or s.not_before <= $4)
         and s.read_through < (select max(seq) from posts where newsletter_id = $1 and state = 'eligible')
     ) as news`,
    [newsletterId, due.dueDefault, due.dueReadingTimes, due.slot],
  );
  return news;
}

/**
 * Counts active readers, not paused and not suppressed, who have not been offered the newest eligible post.
 */
export async function countReadersWithNews(db: Db, newsletterId: string, now: Date): Promise<number> {
  const { readers } = await db.one<{ readers: number }>(
    `select count(*)::int as readers
     from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
       and (s.paused_until is null or s.paused_until <= $2)
       and not exists (select from suppressions u where u.address_hash = r.address_hash)
       and s.read_through < (select max(seq) from posts where newsletter_id = $1 and state = 'eligible')`,
    [newsletterId, now],
  );
  return readers;
}

/** The new issue's id, or undefined if this slot has one. */
export async function insertScheduledIssue(
  db: Db,
  issue: {
    newsletterId: string;
    slot: Date;
    review: 'auto' | 'hold';
    dueDefault: boolean;
    dueReadingTimes: string[];
  },
): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, due_default, due_reading_times)
     values ($1, 'scheduled', $2, $3, $4, $5)
     on conflict (newsletter_id, slot) where kind = 'scheduled' do nothing returning id`,
    [issue.newsletterId, issue.slot, issue.review, issue.dueDefault, issue.dueReadingTimes],
  );
  return row?.id;
}

export async function insertManualIssue(
  db: Db,
  issue: {
    newsletterId: string;
    slot: Date;
    review: 'auto' | 'hold';
    postIds: string[] | null;
    /** The version of the draft that a person saw. */
    seenDraft?: number | undefined;
  },
): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, post_ids, seen_draft)
     values ($1, 'manual', $2, $3, $4, $5) returning id`,
    [issue.newsletterId, issue.slot, issue.review, issue.postIds, issue.seenDraft ?? null],
  );
  return id;
}

/** The last seq that went out at the newsletter's own time. Later posts belong to the next issue. */
export async function selectIssuedThrough(db: Db, newsletterId: string): Promise<string> {
  const row = await db.one<{ seq: string }>(`select ${startOfNewReaders('$1')} as seq`, [newsletterId]);
  return row.seq;
}

/** Issues that a lost job left between two steps, and approved ones whose slot has come. */
export async function selectUnassembled(db: Db, now: Date): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from issues
     where fanned_out_at is null and cancelled_at is null and skipped_at is null and paused_at is null
       and (frozen_at is null or (approved_at is not null and slot <= $1
         and (retract_until is null or retract_until <= $1)))
     order by id`,
    [now],
  );
  return rows.map((row) => row.id);
}
