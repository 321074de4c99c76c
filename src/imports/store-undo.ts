// The SQL of undoing an import, from its last row to its first. Private to this folder.
import type { Db } from '../db.js';
import type { Undone, UndoRow } from './undo-rows.js';
import { forLots, ofOneReader } from './store-lot.js';

/** Requests an undo, once; false if there is nothing to undo or it was requested before. */
export async function requestUndo(db: Db, id: string, now: Date): Promise<boolean> {
  const changed = await db.change(
    `update imports set undo_requested_at = $2, progress_at = null
     where id = $1 and undo_requested_at is null and not dry_run and rows_forgotten_at is null
       and state in ('queued', 'running', 'finished', 'failed')`,
    [id, now],
  );
  return changed === 1;
}

export interface TakenUndo {
  newsletterId: string;
  createdAt: Date;
  /** Where it continues; null: it has not begun. */
  undoFrom: number | null;
  undone: Partial<Undone>;
}

/** Stops an import that is still running, and claims its undo; no row: nothing to do. */
export async function takeUndo(
  db: Db,
  id: string,
  { now, failure }: { now: Date; failure: string },
): Promise<TakenUndo | undefined> {
  return db.maybeOne(
    `with dropped as (delete from import_chunks where import_id = $1 and exists (select from imports
       where id = $1 and undo_requested_at is not null))
     update imports set progress_at = $2,
       state = case when state in ('queued', 'running') then 'failed' else state end,
       failure = case when state in ('queued', 'running') then $3 else failure end,
       finished_at = coalesce(finished_at, $2)
     where id = $1 and undo_requested_at is not null and undone_at is null
     returning newsletter_id, created_at, undo_from, undone`,
    [id, now, failure],
  );
}

/** The last rows before the line `from` (null: of all), in the order of the file. */
export async function selectUndoRows(
  tx: Db,
  { importId, from, limit }: { importId: string; from: number | null; limit: number },
): Promise<UndoRow[]> {
  await tx.query(forLots);
  // An earlier row of the same reader. With a limit, as the planner would hash all rows otherwise.
  const none = (condition: string): string => `(select true from import_rows x
    where ${ofOneReader('x.subscriber_id', 'l.subscriber_id', '$1')} and x.line < l.line and (${condition})
    limit 1) is null`;
  return tx.query<UndoRow>(
    `with lot as materialized (
       select x.line, x.subscriber_id, x.subscription_id, x.made_subscription, x.made_subscriber, x.made_suppression,
         x.before
       from import_rows x
       where x.import_id = $1 and ($2::int is null or x.line < $2) order by x.line desc limit $3
     )
     select l.*,
       ${none('x.made_subscription or x.made_subscriber or x.made_suppression or x.before is not null')} as is_first,
       ${none("x.made_subscription or jsonb_typeof(x.before -> 'subscription') = 'object'")} as is_first_change
     from lot l order by l.line`,
    [importId, from, limit],
  );
}

/** Advances an undo from `from`; false if another worker did. `next` null ends it. */
export async function advanceUndo(
  tx: Db,
  id: string,
  step: { from: number | null; next: number | null; undone: Undone; now: Date },
): Promise<boolean> {
  const changed = await tx.change(
    `update imports set undo_from = coalesce($3, undo_from), undone = $4, progress_at = $5,
       undone_at = case when $3::int is null then $5::timestamptz end
     where id = $1 and undo_from is not distinct from $2::int and undone_at is null`,
    [id, step.from, step.next, JSON.stringify(step.undone), step.now],
  );
  return changed === 1;
}
