// The SQL of imports: their state, and the pieces of their bodies. The lots are in store-lot.ts. Private to
// this folder.
import type { Db } from '../db.js';
import type { ImportEncoding } from './encoding.js';
import type { ImportLayout } from './layout.js';
import type { ImportOutcome, ImportStatus } from './outcome.js';
import type { FilePosition } from './rows.js';
import type { Undone } from './undo-rows.js';

export interface ImportCounts {
  rows: number;
  created: number;
  updated: number;
  /** Rows that changed nothing, including invalid ones. */
  skipped: number;
  invalid: number;
  outcomes: Partial<Record<ImportOutcome, number>>;
  /** Created readers who get a confirmation mail; in a dry run, those who would get one. */
  toConfirm: number;
  /** The statuses of created and updated readers. */
  statuses: Partial<Record<ImportStatus, number>>;
}

export interface ImportRecord extends ImportCounts {
  id: string;
  newsletterId: string;
  basis: string;
  dryRun: boolean;
  state: 'queued' | 'running' | 'finished' | 'failed';
  format: 'csv' | 'ndjson';
  encoding: ImportEncoding;
  layout: ImportLayout;
  bytes: number;
  lines: number;
  place: FilePosition;
  failure: string | null;
  createdAt: Date;
  finishedAt: Date | null;
  fileKeptUntil: Date | null;
  importedAs: string | null;
  rowsForgottenAt: Date | null;
  undoRequestedAt: Date | null;
  undoFrom: number | null;
  undone: Partial<Undone>;
  undoneAt: Date | null;
}

// As numbers: a double holds every size of a body.
const columns = `id, newsletter_id, basis, dry_run, state, format, encoding, layout, bytes::float8 as bytes, lines,
  jsonb_build_object('byte', next_byte, 'line', next_line) as place, rows, created, updated, skipped, invalid,
  outcomes, to_confirm, statuses, failure, created_at, finished_at, file_kept_until, imported_as,
  rows_forgotten_at, undo_requested_at, undo_from, undone,
  undone_at`;

/** Begins to receive a body; undefined if there is no such newsletter. */
export async function insertReceiving(
  db: Db,
  made: { newsletterId: string; now: Date },
): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `insert into imports (newsletter_id, basis, content_type, state, created_at, progress_at)
     select id, '', '', 'receiving', $2, $2 from newsletters where id = $1
     returning id`,
    [made.newsletterId, made.now],
  );
  return row?.id;
}

/** Stores a piece; false if the import is gone or complete. */
export async function insertChunk(
  db: Db,
  chunk: { importId: string; number: number; beginsAt: number; bytes: Buffer; now: Date },
): Promise<boolean> {
  const changed = await db.change(
    `with receiving as (update imports set progress_at = $5 where id = $1 and state = 'receiving' returning id)
     insert into import_chunks (import_id, number, begins_at, bytes) select id, $2, $3, $4 from receiving`,
    [chunk.importId, chunk.number, chunk.beginsAt, chunk.bytes, chunk.now],
  );
  return changed === 1;
}

export async function deleteImport(db: Db, id: string): Promise<void> {
  await db.change(`delete from imports where id = $1 and state = 'receiving'`, [id]);
}

/** The beginning of a received body. */
export async function headOf(db: Db, id: string): Promise<Buffer> {
  const row = await db.maybeOne<{ bytes: Buffer }>(
    'select bytes from import_chunks where import_id = $1 and number = 0',
    [id],
  );
  return row?.bytes ?? Buffer.alloc(0);
}

/** Turns a received body into an import; false if it is gone or one already. */
export async function queueImport(
  db: Db,
  id: string,
  made: {
    contentType: string;
    basis: string;
    dryRun: boolean;
    layout: ImportLayout;
    encoding: ImportEncoding;
    bytes: number;
    lines: number;
    now: Date;
  },
): Promise<boolean> {
  const { format, source, firstByte, firstLine } = made.layout;
  const changed = await db.change(
    `update imports set state = 'queued', content_type = $2, basis = $3, dry_run = $4, layout = $5, format = $6,
       source = $7, encoding = $8, bytes = $9, lines = $10, next_byte = $11, next_line = $12, created_at = $13,
       progress_at = null
     where id = $1 and state = 'receiving'`,
    [
      id,
      made.contentType,
      made.basis,
      made.dryRun,
      JSON.stringify(made.layout),
      format,
      source,
      made.encoding,
      made.bytes,
      made.lines,
      firstByte,
      firstLine,
      made.now,
    ],
  );
  return changed === 1;
}

export async function importById(db: Db, id: string): Promise<ImportRecord | undefined> {
  return db.maybeOne<ImportRecord>(
    `select ${columns} from imports where id = $1 and state <> 'receiving' and layout is not null`,
    [id],
  );
}

/** The imports of a newsletter, newest first, with ids below `before`. */
export async function importsOf(
  db: Db,
  newsletterId: string,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<ImportRecord[]> {
  return db.query<ImportRecord>(
    `select ${columns} from imports
     where newsletter_id = $1 and state <> 'receiving' and layout is not null and ($2::bigint is null or id < $2)
     order by id desc limit $3`,
    [newsletterId, before ?? null, limit],
  );
}

/** Claims an import where it stands; no row: it has ended or is to be undone. */
export async function takeImport(db: Db, id: string, now: Date): Promise<ImportRecord | undefined> {
  return db.maybeOne<ImportRecord>(
    `update imports set state = 'running', progress_at = $2
     where id = $1 and state in ('queued', 'running') and undo_requested_at is null
     returning ${columns}`,
    [id, now],
  );
}

/** The piece of a body that contains `byte`, from that byte on; undefined after the end. */
export async function chunkAt(db: Db, id: string, byte: number): Promise<Buffer | undefined> {
  const row = await db.maybeOne<{ bytes: Buffer }>(
    `select case when begins_at = $2 then bytes else substring(bytes from ($2 - begins_at)::int + 1) end as bytes
     from import_chunks
     where import_id = $1 and begins_at <= $2 and $2 < begins_at + octet_length(bytes)
     order by number desc limit 1`,
    [id, byte],
  );
  return row?.bytes;
}

/**
 * Advances an import that stands at `from`: only one of two workers succeeds. False if it has been advanced.
 */
export async function advanceImport(
  db: Db,
  id: string,
  step: ImportCounts & { from: FilePosition; next: FilePosition; now: Date },
): Promise<boolean> {
  const changed = await db.change(
    `update imports set next_byte = $3, next_line = $4, rows = $5, created = $6, updated = $7, skipped = $8,
       invalid = $9, outcomes = $10, statuses = $11, progress_at = $12, to_confirm = $13
     where id = $1 and next_byte = $2 and state = 'running' and undo_requested_at is null`,
    [
      id,
      step.from.byte,
      step.next.byte,
      step.next.line,
      step.rows,
      step.created,
      step.updated,
      step.skipped,
      step.invalid,
      JSON.stringify(step.outcomes),
      JSON.stringify(step.statuses),
      step.now,
      step.toConfirm,
    ],
  );
  return changed === 1;
}

/** Ends an import and deletes its body, which holds addresses. A dry run that succeeded keeps it for a while. */
export async function endImport(
  db: Db,
  id: string,
  { failure, now, keepUntil }: { failure: string | null; now: Date; keepUntil: Date | null },
): Promise<ImportRecord | undefined> {
  return db.maybeOne(
    `with dropped as (delete from import_chunks where import_id = $1 and $4::timestamptz is null)
     update imports set state = case when $2::text is null then 'finished' else 'failed' end, failure = $2,
       finished_at = $3, file_kept_until = $4
     where id = $1 and state in ('queued', 'running') returning ${columns}`,
    [id, failure, now, keepUntil],
  );
}

/** Gives the body of a dry run to a new import and returns its id; undefined if the dry run keeps none. */
export async function takeOverFile(
  tx: Db,
  id: string,
  { basis, now }: { basis: string; now: Date },
): Promise<string | undefined> {
  const made = await tx.maybeOne<{ id: string }>(
    `with dry as (select * from imports where id = $1 and file_kept_until > $3 for update)
     insert into imports (newsletter_id, basis, state, content_type, format, source, encoding, layout, bytes, lines,
       next_byte, next_line, created_at)
     select newsletter_id, $2, 'queued', content_type, format, source, encoding, layout, bytes, lines,
       (layout ->> 'firstByte')::bigint, (layout ->> 'firstLine')::int, $3 from dry
     returning id`,
    [id, basis, now],
  );
  if (!made) return undefined;
  await tx.change('update import_chunks set import_id = $2 where import_id = $1', [id, made.id]);
  await tx.change('update imports set file_kept_until = null, imported_as = $2 where id = $1', [id, made.id]);
  return made.id;
}

/** Deletes the bodies that dry runs have kept until `now`; returns how many dry runs lost theirs. */
export function forgetKeptFiles(db: Db, now: Date): Promise<number> {
  return db.change(
    `with over as (update imports set file_kept_until = null where file_kept_until <= $1 returning id),
       dropped as (delete from import_chunks c using over where c.import_id = over.id)
     select id from over`,
    [now],
  );
}

/** Releases the import of a worker that stops: the next sweep enqueues it. */
export async function releaseImport(db: Db, id: string): Promise<void> {
  await db.change(`update imports set progress_at = null where id = $1 and state = 'running'`, [id]);
}

/** Unfinished imports that have not advanced since `before`. */
export async function stalledImports(db: Db, before: Date): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from imports
     where (state in ('queued', 'running') or (undo_requested_at is not null and undone_at is null))
       and state <> 'receiving' and coalesce(progress_at, created_at) < $1
     order by id`,
    [before],
  );
  return rows.map(({ id }) => id);
}

/** Whether an issue is being sent: imports then make room for it. */
export async function mailIsUnderWay(db: Db): Promise<boolean> {
  const { sending } = await db.one<{ sending: boolean }>(
    `select exists (select from issues where finished_at is null and cancelled_at is null and skipped_at is null
       and fanned_out_at is not null and paused_at is null) as sending`,
  );
  return sending;
}

/** Deletes incomplete bodies that have not grown since `before`; returns how many. */
export function forgetReceiving(db: Db, before: Date): Promise<number> {
  return db.change(`delete from imports where state = 'receiving' and progress_at < $1`, [before]);
}
