// The row by which a database shows that it is what it was, and what is done when it is not.
import type { Db } from '../db.js';
import { dropHoldMails, insertHoldMails } from './store-mails.js';

export interface Beat {
  databaseId: string;
  beat: number;
  /** Before this beat. */
  beatBefore: number;
  beatAtBefore: Date | null;
  placeBefore: string | null;
  heldAt: Date | null;
}

/** Undefined: it has never beaten. */
export async function selectDatabaseId(db: Db): Promise<string | undefined> {
  const { id } = await db.one<{ id: string | null }>('select database_id as id from lifeline');
  return id ?? undefined;
}

export async function beat(db: Db, place: string): Promise<Beat> {
  return db.one(
    `update lifeline l set beat = l.beat + 1, beat_at = now(), place = $1,
       database_id = coalesce(l.database_id, gen_random_uuid())
     from (select * from lifeline for update) was
     returning l.database_id, l.beat::float8 as beat, was.beat::float8 as beat_before, was.beat_at as beat_at_before,
       was.place as place_before, l.held_at`,
    [place],
  );
}

/**
 * The server (its identifier is made with its data directory), the database in it, and the timeline: another one after
 * a recovery. What a server does not tell is left out.
 */
export async function selectPlace(db: Db): Promise<string> {
  const { database } = await db.one<{ database: string }>(
    'select oid::text as database from pg_database where datname = current_database()',
  );
  const server = await db
    .one<{ server: string; timeline: string }>(
      `select (select system_identifier::text from pg_control_system()) as server,
         left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline`,
    )
    .catch(() => undefined);
  return [server?.server, database, server?.timeline].filter((part) => part !== undefined).join('/');
}

export interface HoldRow {
  heldAt: Date;
  reason: string;
  lostFrom: Date | null;
  lostUntil: Date | null;
}

/** Undefined: sending is not held. */
export async function selectHold(db: Db): Promise<HoldRow | undefined> {
  return db.maybeOne(
    `select held_at, hold_reason as reason, lost_from, lost_until from lifeline where held_at is not null`,
  );
}

/** Locked until the transaction ends. */
export async function lockHold(tx: Db): Promise<HoldRow | undefined> {
  return tx.maybeOne(
    `select held_at, hold_reason as reason, lost_from, lost_until from lifeline where held_at is not null for update`,
  );
}

// Told apart from issues that an admin or the guard has paused.
const pausedByHold = 'held: ';

/**
 * Holds all sending, and has the feeds polled: what they brought in the time that was lost is to be known again. Keeps the
 * widest stretch if it is held already. True: it was not held before.
 */
export async function hold(
  tx: Db,
  held: { reason: string; lostFrom: Date | null; lostUntil: Date | null; beat: number },
): Promise<boolean> {
  const { first } = await tx.one<{ first: boolean }>(
    `update lifeline l set held_at = coalesce(was.held_at, now()), hold_reason = coalesce(was.hold_reason, $1),
       lost_from = least(was.lost_from, $2), lost_until = greatest(was.lost_until, $3),
       -- Past what the witnesses have seen, or they would accuse us again at the next beat.
       beat = greatest(was.beat, $4) + 1
     from (select * from lifeline for update) was
     returning was.held_at is null as first`,
    [held.reason, held.lostFrom, held.lostUntil, held.beat],
  );
  await tx.query(
    `update issues set paused_at = now(), pause_reason = $1
     where paused_at is null and finished_at is null and cancelled_at is null and skipped_at is null
       and approved_at is not null`,
    [pausedByHold + held.reason],
  );
  if (first) {
    await insertHoldMails(tx);
    await tx.query(
      'update feeds set next_poll_at = now(), etag = null, last_modified = null where disabled_at is null',
    );
  }
  return first;
}

export async function endHold(tx: Db): Promise<void> {
  await dropHoldMails(tx);
  await tx.query(
    `update lifeline set held_at = null, hold_reason = null, lost_from = null, lost_until = null`,
  );
}

/** Lets the issues go on that the hold has stopped. */
export async function resumeHeld(tx: Db): Promise<void> {
  await tx.query(
    `update issues set paused_at = null, pause_reason = null, resumed_at = now()
     where paused_at is not null and starts_with(pause_reason, $1)`,
    [pausedByHold],
  );
}

/** Feeds that have not been polled since the hold: what they brought before is not all known again. */
export async function countUnpolled(db: Db): Promise<number> {
  const { feeds } = await db.one<{ feeds: number }>(
    `select count(*)::int as feeds from feeds
     where disabled_at is null and coalesce(last_polled_at, created_at) < (select held_at from lifeline)`,
  );
  return feeds;
}

/**
 * Issues that were under way: the rest of them has most likely been handed over in the time that was lost. Uncertain is
 * what that is, and no machine sends such a delivery again. Those that had not been fanned out and whose slot lies in that
 * time are over.
 */
export async function giveUpUnderWay(tx: Db, lostUntil: Date): Promise<void> {
  await tx.query(
    `update deliveries d set state = 'uncertain', reason = 'restored', worker_id = null, due_at = null, changed_at = now()
     from issues i
     where d.issue_id = i.id and i.paused_at is not null and starts_with(i.pause_reason, $1)
       and d.state in ('queued', 'deferred', 'sending')`,
    [pausedByHold],
  );
  await tx.query(
    `update issues set cancelled_at = now()
     where fanned_out_at is null and finished_at is null and cancelled_at is null and skipped_at is null and slot <= $1`,
    [lostUntil],
  );
}

/**
 * The readers of these reading times (`dueDefault`: those without one of their own) have had what was published up to
 * `slot`. What came later, or was pushed since, is still before them. A post that says nothing of its date, or one later
 * than when it was first seen, is as old as that; first seen after the hold, it counts as had.
 */
export async function markHad(
  tx: Db,
  had: { newsletterId: string; slot: Date; heldAt: Date; dueDefault: boolean; dueReadingTimes: string[] },
): Promise<number> {
  return tx.change(
    `with dated as (
       select seq, least(coalesce(published_at, case when first_seen_at > $3 then '-infinity' else first_seen_at end),
         first_seen_at) as at
       from posts where newsletter_id = $1 and state = 'eligible' and seq is not null
     ), ahead as (
       select coalesce((select min(seq) from dated where at > $2), n.seq + 1) as first, n.seq as last
       from newsletters n where n.id = $1
     )
     update subscriptions s set
       read_through = greatest(s.read_through, ahead.first - 1),
       read_ahead = array(select seq from dated where seq >= ahead.first and at <= $2 order by seq)
     from ahead
     where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
       and s.read_through < ahead.last
       and (s.reading_time_id = any ($5::bigint[]) or ($4 and s.reading_time_id is null))`,
    [had.newsletterId, had.slot, had.heldAt, had.dueDefault, had.dueReadingTimes],
  );
}

/** Slots up to there have had their issue. */
export async function markPlanned(tx: Db, until: Date): Promise<void> {
  await tx.query('update newsletters set planned_through = $1 where planned_through < $1', [until]);
}
