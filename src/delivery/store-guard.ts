// What the guard counts (src/delivery/guard.ts), since the issue was begun or resumed.
import type { Db } from '../db.js';

const since = `(select coalesce(resumed_at, fanned_out_at) from issues where id = $1)`;

/** Few rows, read by a partial index. */
export async function countBad(
  db: Db,
  issueId: string,
): Promise<{ hardBounces: number; complaints: number }> {
  return db.one(
    `select count(*) filter (where state <> 'complained')::int as hard_bounces,
       count(*) filter (where state = 'complained')::int as complaints
     from deliveries
     where issue_id = $1 and changed_at >= ${since}
       and (state in ('bounced', 'complained') or (state = 'refused' and reason = 'permanent'))`,
    [issueId],
  );
}

/** Reads every delivery of the issue. Call it only when the bad ones are many enough to matter. */
export async function countEnds(db: Db, issueId: string): Promise<number> {
  const { ends } = await db.one<{ ends: number }>(
    `select count(*)::int as ends from deliveries
     where issue_id = $1 and changed_at >= ${since}
       and (state in ('accepted', 'bounced', 'complained') or (state = 'refused' and reason = 'permanent'))`,
    [issueId],
  );
  return ends;
}
