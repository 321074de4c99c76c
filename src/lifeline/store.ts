// The row that counts the database's beats, and holds all sending.
import type { Db } from '../db.js';

export interface Beat {
  databaseId: string;
  beat: number;
  /** Before this beat. */
  beatBefore: number;
  beatAtBefore: Date | null;
  placeBefore: string | null;
  heldAt: Date | null;
}

/** Undefined: there was no beat yet. */
export async function selectDatabaseId(db: Db): Promise<string | undefined> {
  const { id } = await db.one<{ id: string | null }>('select database_id as id from lifeline');
  return id ?? undefined;
}

/** Gives the database its id, unless it has one. */
export async function nameDatabase(db: Db): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    'update lifeline set database_id = coalesce(database_id, gen_random_uuid()) returning database_id as id',
  );
  return id;
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
 * Where the database is: the server (its identifier is made with its data directory), the database in it, and
 * the timeline, which changes with a recovery. Leaves out what a server does not tell.
 */
export async function selectPlace(db: Db): Promise<string> {
  const { server, database, timeline } = await selectServer(db);
  return [server, database, timeline].filter((part) => part !== undefined).join('/');
}

/** Not every user may ask for the server and the timeline. */
export async function selectServer(
  db: Db,
): Promise<{ database: string; server?: string; timeline?: string }> {
  const { database } = await db.one<{ database: string }>(
    'select oid::text as database from pg_database where datname = current_database()',
  );
  const server = await db
    .one<{ server: string; timeline: string }>(
      `select (select system_identifier::text from pg_control_system()) as server,
         left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline`,
    )
    .catch(() => undefined);
  return { database, ...server };
}

export interface HoldRow {
  heldAt: Date;
  reason: string;
  lostFrom: Date | null;
  lostUntil: Date | null;
}

/** Names the hold in account_mails, so that the mails of an earlier hold are not taken for its own. */
export function holdId({ heldAt }: Pick<HoldRow, 'heldAt'>): string {
  return heldAt.toISOString();
}

/** Undefined: sending is not held. */
export async function selectHold(db: Db): Promise<HoldRow | undefined> {
  return db.maybeOne(
    `select held_at, hold_reason as reason, lost_from, lost_until from lifeline where held_at is not null`,
  );
}

export async function setPlace(tx: Pick<Db, 'query'>, place: string): Promise<void> {
  await tx.query('update lifeline set place = $1', [place]);
}

/** Whether an issue may have been sent since by a database that has lost its record. */
export async function isIssueUnderWay(db: Db): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (
       select from issues where finished_at is null and cancelled_at is null and skipped_at is null
     ) as found`,
  );
  return found;
}

/** Locks the row until the transaction ends. */
export async function lockHold(tx: Db): Promise<HoldRow | undefined> {
  return tx.maybeOne(
    `select held_at, hold_reason as reason, lost_from, lost_until from lifeline where held_at is not null for update`,
  );
}

/** Holds all sending. If it is held already, the lost time only grows. `first`: sending was not held before. */
export async function hold(
  tx: Db,
  held: { reason: string; lostFrom: Date | null; lostUntil: Date | null; beat: number },
): Promise<{ first: boolean; heldAt: Date }> {
  return tx.one(
    `update lifeline l set held_at = coalesce(was.held_at, now()), hold_reason = coalesce(was.hold_reason, $1),
       lost_from = least(was.lost_from, $2), lost_until = greatest(was.lost_until, $3),
       -- Past what the witnesses have seen, or the next beat would find them ahead again.
       beat = greatest(was.beat, $4) + 1
     from (select * from lifeline for update) was
     returning was.held_at is null as first, l.held_at`,
    [held.reason, held.lostFrom, held.lostUntil, held.beat],
  );
}

export async function deleteHold(tx: Db): Promise<void> {
  await tx.query(
    `update lifeline set held_at = null, hold_reason = null, lost_from = null, lost_until = null`,
  );
}
