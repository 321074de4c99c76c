// The changes that delivery makes to the issue's row: pause, resume, batches, cancel, finish, forget.
// Features that deliver call these within their own transactions, so that the row has one owner.
//
// Each change is one conditional update. false: the issue was not in a state for it.
import type { Db } from '../db.js';
import { announceIssue, type AnnouncedIssue } from '../webhooks/announce.js';
import type { IssueTimes } from './status.js';

/**
 * Locks the newsletter's fan-out until the transaction ends. Two fan-outs at once would both find the same
 * posts unread, and mail a reader twice.
 */
export async function lockFanOut(tx: Db, newsletterId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('fan-out', $1))`, [newsletterId]);
}

/** The finding of the bounce guard (src/delivery/guard.ts): `bad` of the last `ends` deliveries. */
export interface GuardFinding {
  kind:
    | 'everything-is-refused'
    | 'hard-bounces'
    | 'complaints'
    | 'hard-bounces-of-week'
    | 'complaints-of-week'
    | 'not-authenticated';
  bad: number;
  ends: number;
  /** Everything is refused: the last refusal, in the relay's words. */
  refusal?: string | undefined;
  /** Of a week: the sending domain. Not authenticated: the provider that says so. */
  domain?: string | undefined;
}

export type Pause = { by: 'admin'; reason: string } | ({ by: 'guard' } & GuardFinding);

export async function pause(db: Db, id: string, why: Pause): Promise<boolean> {
  const guard = why.by === 'guard' ? why : undefined;
  const reason = why.by === 'guard' ? (why.domain ?? why.refusal) : why.reason;
  return db.transaction(async (tx) => {
    const paused = await tx.maybeOne<PausedIssue>(
      `update issues set paused_at = now(), paused_by = $2, pause_reason = $3, guard_kind = $4, guard_bad = $5,
       guard_ends = $6
     where id = $1 and paused_at is null and cancelled_at is null and skipped_at is null and finished_at is null
     returning ${announced}, paused_at`,
      [id, why.by, reason ?? null, guard?.kind ?? null, guard?.bad ?? null, guard?.ends ?? null],
    );
    if (paused) await announcePause(tx, paused, { by: why.by, reason: guard?.kind ?? reason ?? null });
    return paused !== undefined;
  });
}

const announced = 'id, newsletter_id, number, subject';
type PausedIssue = AnnouncedIssue & { pausedAt: Date };

function announcePause(tx: Db, { pausedAt: at, ...issue }: PausedIssue, more: object): Promise<void> {
  return announceIssue(tx, { event: 'issue.paused', at, issue, more });
}

const resumed = `paused_at = null, paused_by = null, pause_reason = null, guard_kind = null, guard_bad = null,
  guard_ends = null, resumed_at = $1`;

export async function resume(db: Db, id: string, now: Date): Promise<boolean> {
  const changed = await db.change(
    `update issues set ${resumed} where id = $2 and paused_at is not null and cancelled_at is null`,
    [now, id],
  );
  return changed === 1;
}

/** Pauses every approved issue that is not over, because all sending is held. */
export async function pauseForHold(tx: Db, reason: string): Promise<void> {
  const paused = await tx.query<PausedIssue>(
    `update issues set paused_at = now(), paused_by = 'hold', pause_reason = $1
     where paused_at is null and finished_at is null and cancelled_at is null and skipped_at is null
       and approved_at is not null
     returning ${announced}, paused_at`,
    [reason],
  );
  for (const issue of paused) await announcePause(tx, issue, { by: 'hold', reason });
}

/** Issues that the hold has paused. */
export async function selectHeld(tx: Db): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(`select id from issues where paused_by = 'hold'`);
  return rows.map(({ id }) => id);
}

/** Resumes the issues that the hold has paused. */
export async function resumeHeld(tx: Db, now: Date): Promise<void> {
  await tx.query(`update issues set ${resumed} where paused_by = 'hold'`, [now]);
}

export async function cancel(tx: Db, id: string): Promise<boolean> {
  const cancelled = await tx.change(
    `update issues set cancelled_at = now()
     where id = $1 and cancelled_at is null and finished_at is null and skipped_at is null`,
    [id],
  );
  return cancelled === 1;
}

/** Cancels the issues without deliveries whose slot is not after `until`. */
export async function cancelUnsent(tx: Db, until: Date): Promise<void> {
  await tx.query(
    `update issues set cancelled_at = now()
     where fanned_out_at is null and finished_at is null and cancelled_at is null and skipped_at is null and slot <= $1`,
    [until],
  );
}

/** `counts`: by state, for webhooks. */
export async function finish(
  db: Db,
  id: string,
  { counts, now }: { counts: object; now: Date },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const finished = await tx.maybeOne<AnnouncedIssue>(
      `update issues set finished_at = $2
       where id = $1 and fanned_out_at is not null and finished_at is null and cancelled_at is null
       returning ${announced}`,
      [id, now],
    );
    if (finished)
      await announceIssue(tx, { event: 'issue.finished', at: now, issue: finished, more: { counts } });
    return finished !== undefined;
  });
}

/** Opens finished issues again that have open deliveries: a worker taken for dead released some. */
export async function reopen(db: Db, now: Date): Promise<number> {
  return db.change(
    // In the order of the indexes, with limits. Otherwise statistics from the middle of sending mislead the
    // planner: it expects a queued delivery on the first page, and reads the whole table for one.
    `update issues i set finished_at = null
     where finished_at > $1::timestamptz - interval '1 day' and cancelled_at is null
       and ((select true from deliveries where issue_id = i.id and state = 'queued' order by batch limit 1)
         or (select true from deliveries where issue_id = i.id and state = 'deferred' order by due_at limit 1))`,
    [now],
  );
}

/** Opens the issue again for deliveries that are tried until `retryUntil`. */
export async function reopenUntil(tx: Db, id: string, retryUntil: Date): Promise<void> {
  await tx.query('update issues set finished_at = null, retry_until = $2 where id = $1', [id, retryUntil]);
}

/** The number of a new batch. Locks the issue until the transaction ends. */
export async function takeBatch(tx: Db, id: string): Promise<number> {
  const { batches } = await tx.one<{ batches: number }>(
    'update issues set batches = batches + 1 where id = $1 returning batches',
    [id],
  );
  return batches;
}

export async function selectHighestBatch(db: Db, id: string): Promise<number> {
  const row = await db.maybeOne<{ batches: number }>('select batches from issues where id = $1', [id]);
  return row?.batches ?? 0;
}

/** Issues with deliveries to do: fanned out, and not over. */
export async function selectSending(db: Db): Promise<{ id: string; paused: boolean; fromDomain: string }[]> {
  return db.query(
    `select i.id, i.paused_at is not null as paused, lower(split_part(n.from_address, '@', 2)) as from_domain
     from issues i join newsletters n on n.id = i.newsletter_id
     where i.fanned_out_at is not null and i.finished_at is null and i.cancelled_at is null order by i.id`,
  );
}

/** The timestamps of each issue that is not over. */
export async function selectUnderWay(db: Db): Promise<IssueTimes[]> {
  return db.query(
    `select frozen_at, approved_at, fanned_out_at, paused_at, cancelled_at, finished_at, skipped_at from issues
     where finished_at is null and cancelled_at is null and skipped_at is null`,
  );
}

/** The data of an issue's deliveries that retention has deleted. */
export type Forgotten = 'replies_forgotten_at' | 'deliveries_forgotten_at';

/** The oldest issue that was over before `before` and is not marked. */
export async function selectToForget(db: Db, mark: Forgotten, before: Date): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `select id from issues where ${mark} is null and fanned_out_at is not null
       and coalesce(finished_at, cancelled_at) < $1 order by id limit 1`,
    [before],
  );
  return row?.id;
}

export async function markForgotten(db: Db, mark: Forgotten, id: string, now: Date): Promise<void> {
  await db.change(`update issues set ${mark} = $2 where id = $1`, [id, now]);
}
