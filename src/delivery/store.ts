// The counts of an issue's deliveries in the ledger itself.
import type { Db } from '../db.js';
import type { DeliveryState, StateCounts } from './counts.js';

/**
 * Counted in the ledger, plus the deliveries already forgotten: about 200 ms for a million. Screens use
 * issue_counts.
 */
export async function selectCounts(db: Db, issueId: string): Promise<StateCounts> {
  const rows = await db.query<{ state: DeliveryState; count: number }>(
    `select state, sum(count)::int as count from (
       select state, count(*) from deliveries where issue_id = $1 group by state
       union all select state, count from delivery_totals where issue_id = $1) counted
     group by state`,
    [issueId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** True if no delivery of the issue is queued, deferred or sending. */
export async function isWorkedThrough(db: Db, issueId: string): Promise<boolean> {
  const { open } = await db.one<{ open: boolean }>(
    `select exists (select from deliveries where issue_id = $1 and state = 'queued')
       or exists (select from deliveries where issue_id = $1 and state = 'deferred')
       or exists (select from deliveries where issue_id = $1 and state = 'sending') as open`,
    [issueId],
  );
  return !open;
}
