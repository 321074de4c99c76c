// The batches of an issue: those with queued deliveries, new ones for deliveries that are tried again, and whether
// anything of the issue is left to do.
import type { Db } from '../db.js';
import type { DeliveryState, StateCounts } from './counts.js';
import { reopenUntil, takeBatch } from '../issues/sending.js';
import { domainOf } from './store-turn.js';

/** The facts about the issue that a batch needs. */
export interface BatchIssue {
  retryUntil: Date | null;
  resumedAt: Date | null;
  /** The domain of the sender's address. */
  fromDomain: string;
}

export async function selectBatchIssue(db: Db, issueId: string): Promise<BatchIssue | undefined> {
  return db.maybeOne(
    `select i.retry_until, i.resumed_at, lower(split_part(n.from_address, '@', 2)) as from_domain
     from issues i join newsletters n on n.id = i.newsletter_id where i.id = $1`,
    [issueId],
  );
}

const nextOf = { queued: 'batch', deferred: 'due_at', sending: 'worker_id' };

/**
 * Whether an issue has deliveries in this state. It asks for the first one in the order of the state's index. Where half of a
 * table is in that state, PostgreSQL would otherwise read the table, until it comes to this issue.
 */
export const hasAny = (state: keyof typeof nextOf, issue = '$1'): string =>
  `(select d.issue_id from deliveries d where d.issue_id = ${issue} and d.state = '${state}' order by d.${nextOf[state]} limit 1) is not null`;

/** Puts the due deferrals of an issue into a new batch. */
export async function requeueDue(db: Db, issueId: string, now: Date): Promise<void> {
  const { due } = await db.one<{ due: boolean }>(
    `select coalesce((select due_at from deliveries where issue_id = $1 and state = 'deferred' order by due_at limit 1) <= $2, false) as due`,
    [issueId, now],
  );
  if (!due) return;
  await db.transaction(async (tx) => {
    const batch = await takeBatch(tx, issueId);
    await tx.query(
      `update deliveries set state = 'queued', batch = $2, due_at = null, changed_at = now()
       where issue_id = $1 and state = 'deferred' and due_at <= $3`,
      [issueId, batch, now],
    );
  });
}

/**
 * Puts deliveries in `state` into a new batch, and opens the issue again: all, or those of these subscribers. Skips
 * readers who get the posts with their next issue.
 */
export async function requeueState(
  tx: Db,
  issueId: string,
  state: 'refused' | 'uncertain',
  retryUntil: Date,
  subscriberIds?: readonly string[],
): Promise<number> {
  const batch = await takeBatch(tx, issueId);
  const changed = await tx.change(
    `update deliveries set state = 'queued', batch = $3, reason = null, due_at = null, changed_at = now()
     where issue_id = $1 and state = $2 and returned_at is null
       ${subscriberIds === undefined ? '' : 'and subscriber_id = any ($4)'}`,
    [issueId, state, batch, ...(subscriberIds === undefined ? [] : [subscriberIds])],
  );
  if (changed > 0) await reopenUntil(tx, issueId, retryUntil);
  return changed;
}

/** The lowest batches with queued deliveries. Readers at `notDomains` do not count. */
export async function selectOpenBatches(
  db: Db,
  issueId: string,
  limit: number,
  notDomains: readonly string[],
): Promise<number[]> {
  const claimable = `d.issue_id = $1 and d.state = 'queued'
    and ($3::text[] = '{}' or ${domainOf('d')} <> all ($3))`;
  const rows = await db.query<{ batch: number }>(
    `with recursive open (batch) as (
       (select d.batch from deliveries d where ${claimable} order by d.batch limit 1)
       union all
       select (select d.batch from deliveries d where ${claimable} and d.batch > open.batch order by d.batch limit 1)
       from open where open.batch is not null
     )
     select batch from open where batch is not null limit $2`,
    [issueId, limit, notDomains],
  );
  return rows.map((row) => row.batch);
}

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
    `select ${hasAny('queued')} or ${hasAny('deferred')} or ${hasAny('sending')} as open`,
    [issueId],
  );
  return !open;
}
