// The rows of deliveries and attempts, as they are shown and counted.
import type { Db } from '../db.js';

export type DeliveryState =
  | 'queued'
  | 'sending'
  | 'accepted'
  | 'deferred'
  | 'refused'
  | 'uncertain'
  | 'bounced'
  | 'complained'
  | 'excluded';

export interface DeliveryRow {
  issueId: string;
  subscriberId: string;
  /** null: the subscriber was erased. */
  address: string | null;
  state: DeliveryState;
  attempts: number;
  dueAt: Date | null;
  firstTryAt: Date | null;
  changedAt: Date | null;
  replyCode: number | null;
  reply: string | null;
  reason: string | null;
}

const deliveryColumns = `d.issue_id, d.subscriber_id, r.address, d.state, d.attempts, d.due_at, d.first_try_at,
  d.changed_at, d.reply_code, d.reply, d.reason`;

export async function selectDeliveries(
  db: Db,
  query: { issueId: string; state: string | null; after: string; limit: number },
): Promise<DeliveryRow[]> {
  return db.query(
    `select ${deliveryColumns} from deliveries d left join subscribers r on r.id = d.subscriber_id
     where d.issue_id = $1 and ($2::text is null or d.state = $2) and d.subscriber_id > $3
     order by d.subscriber_id limit $4`,
    [query.issueId, query.state, query.after, query.limit],
  );
}

export async function selectDelivery(
  db: Db,
  issueId: string,
  subscriberId: string,
): Promise<(DeliveryRow & { variantId: string; subscriptionId: string; plainText: boolean }) | undefined> {
  return db.maybeOne(
    `select ${deliveryColumns}, d.variant_id, d.subscription_id, coalesce(s.plain_text, false) as plain_text
     from deliveries d left join subscribers r on r.id = d.subscriber_id
     left join subscriptions s on s.id = d.subscription_id
     where d.issue_id = $1 and d.subscriber_id = $2`,
    [issueId, subscriberId],
  );
}

export interface AttemptRow {
  attempt: number;
  at: Date;
  relay: string;
  outcome: string;
  stage: string;
  replyCode: number | null;
  reply: string | null;
}

export async function selectAttempts(db: Db, issueId: string, subscriberId: string): Promise<AttemptRow[]> {
  return db.query(
    `select attempt, at, relay, outcome, stage, reply_code, reply from attempts
     where issue_id = $1 and subscriber_id = $2 order by attempt`,
    [issueId, subscriberId],
  );
}

export type StateCounts = Partial<Record<DeliveryState, number>>;

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
