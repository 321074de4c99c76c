// Totals for /metrics. They only grow.
import type { Db } from '../db.js';
import type { ProgressRow } from './hand-overs.js';

/** How hand-overs ended, of existing issues and of deleted ones. */
export async function selectHandOvers(db: Db): Promise<ProgressRow[]> {
  return db.query(
    `select relay, domain_group, sum(accepted)::float8 as accepted, sum(deferred)::float8 as deferred,
       sum(refused)::float8 as refused, sum(uncertain)::float8 as uncertain
     from (select relay, domain_group, accepted, deferred, refused, uncertain from issue_progress
       union all select relay, domain_group, accepted, deferred, refused, uncertain from hand_over_totals) told
     group by relay, domain_group`,
  );
}

/** Adds to the seconds waited for each relay's rate. */
export async function addWaits(db: Db, seconds: Readonly<Record<string, number>>): Promise<void> {
  await db.query(
    `insert into relay_waits as waited (relay, seconds)
     select * from unnest($1::text[], $2::float8[]) as new (relay, seconds) order by relay
     on conflict (relay) do update set seconds = waited.seconds + excluded.seconds`,
    [Object.keys(seconds), Object.values(seconds)],
  );
}

export async function selectWaits(db: Db): Promise<{ relay: string; seconds: number }[]> {
  return db.query('select relay, seconds from relay_waits');
}

/**
 * Notes that the guard has paused the issue: once for each pause, although several workers may have seen the
 * reason.
 */
export async function noteGuardPause(db: Db, issueId: string): Promise<void> {
  await db.query(
    `insert into guard_pauses (issue_id, at, reason)
     select id, paused_at, guard_kind from issues where id = $1 and paused_by = 'guard'
     on conflict do nothing`,
    [issueId],
  );
}

export async function selectGuardPauses(db: Db): Promise<{ reason: string; pauses: number }[]> {
  return db.query('select reason, count(*)::int as pauses from guard_pauses group by reason');
}
