// The rows of trace_origins: which span stored a post, assembled an issue or mailed a confirmation.
import type { Db } from '../db.js';

/** A post keeps its first span: later polls only see it again. */
export async function upsertOrigins(
  db: Db,
  noted: { subject: string; ids: readonly string[]; traceparent: string; at: Date },
): Promise<void> {
  await db.query(
    `insert into trace_origins (subject, id, traceparent, noted_at)
     select distinct $1, id, $3, $4::timestamptz from unnest($2::bigint[]) as id
     on conflict (subject, id) do update set traceparent = excluded.traceparent, noted_at = excluded.noted_at
       where trace_origins.subject <> 'post'`,
    [noted.subject, noted.ids, noted.traceparent, noted.at],
  );
}

export async function selectOrigins(db: Db, subject: string, ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ traceparent: string }>(
    'select distinct traceparent from trace_origins where subject = $1 and id = any ($2::bigint[])',
    [subject, ids],
  );
  return rows.map(({ traceparent }) => traceparent);
}

export function deleteOrigins(db: Db, { before, limit }: { before: Date; limit: number }): Promise<number> {
  return db.change(
    `delete from trace_origins where (subject, id) in
       (select subject, id from trace_origins where noted_at < $1 order by noted_at limit $2)`,
    [before, limit],
  );
}
