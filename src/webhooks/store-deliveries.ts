// The SQL of the outbox: which deliveries are due, and how each ended. Private to this folder.
import type { Db } from '../db.js';
import type { ExpiredLot } from '../forget-lot.js';
import type { WebhookEvent } from './events.js';

export interface WebhookDeliveryRow {
  id: string;
  webhookId: string;
  event: WebhookEvent;
  data: object;
  happenedAt: Date;
  attempts: number;
  /** null: it waits for its next try. */
  outcome: 'delivered' | 'failed' | null;
  triedAt: Date | null;
  dueAt: Date;
  retryUntil: Date;
  endedAt: Date | null;
  /** The status of the last answer; null: there was none. */
  status: number | null;
  /** The beginning of the last answer, or what went wrong. */
  answer: string | null;
}

const columns = `d.id, d.webhook_id, d.event, d.data, d.happened_at, d.attempts, d.outcome, d.tried_at, d.due_at,
  d.retry_until, d.ended_at, d.status, d.answer`;

/** No earlier event of the same reader waits: readers' events arrive in their order. */
const isNext = `not exists (select from webhook_deliveries e where e.webhook_id = d.webhook_id
  and e.subscriber_id = d.subscriber_id and e.id < d.id and e.ended_at is null)`;

export interface DueWebhook {
  id: string;
  url: string;
  secret: Buffer;
}

/** Enabled webhooks with a delivery that is due. */
export async function selectDueWebhooks(db: Db, now: Date): Promise<DueWebhook[]> {
  return db.query(
    `select w.id, w.url, w.secret from webhooks w
     where w.disabled_at is null and exists (select from webhook_deliveries d where d.webhook_id = w.id
       and d.ended_at is null and d.due_at <= $1 and ${isNext})
     order by w.id`,
    [now],
  );
}

/**
 * Claims the deliveries that have been due longest, until `until`. If the worker dies before it records an answer, they
 * fall due again.
 */
export async function claimWebhookLot(
  db: Db,
  claim: { webhookId: string; now: Date; until: Date; limit: number },
): Promise<WebhookDeliveryRow[]> {
  const rows = await db.query<WebhookDeliveryRow>(
    `with due as (
       select d.id from webhook_deliveries d
       where d.webhook_id = $1 and d.ended_at is null and d.due_at <= $2 and ${isNext}
         and exists (select from webhooks w where w.id = $1 and w.disabled_at is null)
       order by d.due_at, d.id limit $4 for update of d skip locked)
     update webhook_deliveries d set due_at = $3, attempts = d.attempts + 1, tried_at = $2
     from due where d.id = due.id returning ${columns}`,
    [claim.webhookId, claim.now, claim.until, claim.limit],
  );
  return rows.toSorted((a, b) => Number(a.id) - Number(b.id));
}

interface Answered {
  status: number | null;
  answer: string;
}

/** False: the delivery was recorded already, or is gone. */
export async function endWebhookDelivery(
  tx: Db,
  id: string,
  end: Answered & { outcome: 'delivered' | 'failed'; now: Date },
): Promise<boolean> {
  const ended = await tx.change(
    `update webhook_deliveries set outcome = $2, ended_at = $3, status = $4, answer = $5
     where id = $1 and ended_at is null`,
    [id, end.outcome, end.now, end.status, end.answer],
  );
  return ended === 1;
}

export async function putOffWebhookDelivery(
  tx: Db,
  id: string,
  later: Answered & { dueAt: Date },
): Promise<boolean> {
  const putOff = await tx.change(
    'update webhook_deliveries set due_at = $2, status = $3, answer = $4 where id = $1 and ended_at is null',
    [id, later.dueAt, later.status, later.answer],
  );
  return putOff === 1;
}

/** Makes the delivery due again, as if it had never been tried. */
export async function reviveWebhookDelivery(
  db: Db,
  { webhookId, id, now, retryUntil }: { webhookId: string; id: string; now: Date; retryUntil: Date },
): Promise<WebhookDeliveryRow | undefined> {
  return db.maybeOne(
    `update webhook_deliveries d set outcome = null, ended_at = null, attempts = 0, due_at = $3, retry_until = $4
     where d.id = $2 and d.webhook_id = $1 returning ${columns}`,
    [webhookId, id, now, retryUntil],
  );
}

/** Newest first, starting below the id `before`. */
export async function selectWebhookDeliveries(
  db: Db,
  { webhookId, before, limit }: { webhookId: string; before: string | undefined; limit: number },
): Promise<WebhookDeliveryRow[]> {
  return db.query(
    `select ${columns} from webhook_deliveries d
     where d.webhook_id = $1 and ($2::bigint is null or d.id < $2) order by d.id desc limit $3`,
    [webhookId, before ?? null, limit],
  );
}

/** The last delivery that was tried, of each of these webhooks. */
export async function selectLastDeliveries(
  db: Db,
  webhookIds: readonly string[],
): Promise<WebhookDeliveryRow[]> {
  return db.query(
    `select ${columns} from unnest($1::bigint[]) as w (id) cross join lateral (
       select * from webhook_deliveries t where t.webhook_id = w.id and t.tried_at is not null
       order by t.tried_at desc limit 1) d`,
    [webhookIds],
  );
}

export async function deleteOldWebhookDeliveries(db: Db, { before, limit }: ExpiredLot): Promise<number> {
  return db.change(
    `delete from webhook_deliveries where id in
       (select id from webhook_deliveries where happened_at < $1 order by happened_at limit $2)`,
    [before, limit],
  );
}
