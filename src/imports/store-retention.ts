// The SQL of forgetting the rows of imports, in lots. Private to this folder.
import type { Db } from '../db.js';
import type { ExpiredLot } from '../forget-lot.js';

/**
 * Deletes the rows of imports that ended before; they can no longer be undone. It deletes more at a time than
 * others, because an import has a million rows.
 */
export async function deleteImports(db: Db, { before, limit }: ExpiredLot): Promise<number> {
  await db.change(
    `update imports set rows_forgotten_at = now() where id in (
       select id from imports where rows_forgotten_at is null and finished_at < $1
         and (undo_requested_at is null or undone_at is not null) limit $2)`,
    [before, limit],
  );
  return db.change(
    `delete from import_rows x using (
       select r.import_id, r.line from imports i
       cross join lateral (select import_id, line from import_rows where import_id = i.id order by line limit $1) r
       where i.rows_forgotten_at is not null limit $1) old
     where x.import_id = old.import_id and x.line = old.line`,
    [limit * 50],
  );
}
