// The SQL of webhooks. Private to this folder.
import type { Db } from '../db.js';
import type { WebhookEvent } from './events.js';

/** by-hand: a person did. failing: nothing arrived for three days. gone: the receiver answered 410. */
export type DisabledBecause = 'by-hand' | 'failing' | 'gone';

export interface WebhookRow {
  id: string;
  url: string;
  events: WebhookEvent[];
  /** null: every newsletter. */
  newsletterId: string | null;
  createdAt: Date;
  /** The first failure since the last success. */
  failingSince: Date | null;
  disabledAt: Date | null;
  disabledBecause: DisabledBecause | null;
}

const columns = 'id, url, events, newsletter_id, created_at, failing_since, disabled_at, disabled_because';

export async function insertWebhook(
  db: Db,
  made: { url: string; events: readonly string[]; newsletterId: string | null; secret: Buffer; now: Date },
): Promise<WebhookRow> {
  return db.one(
    `insert into webhooks (url, events, newsletter_id, secret, created_at) values ($1, $2, $3, $4, $5)
     returning ${columns}`,
    [made.url, made.events, made.newsletterId, made.secret, made.now],
  );
}

export async function selectWebhooks(db: Db, after: string, limit: number): Promise<WebhookRow[]> {
  return db.query(`select ${columns} from webhooks where id > $1 order by id limit $2`, [after, limit]);
}

export async function selectWebhook(db: Db, id: string): Promise<WebhookRow | undefined> {
  return db.maybeOne(`select ${columns} from webhooks where id = $1`, [id]);
}

/** The webhook, whose row stays locked until the transaction ends. */
export async function lockWebhook(tx: Db, id: string): Promise<WebhookRow | undefined> {
  return tx.maybeOne(`select ${columns} from webhooks where id = $1 for update`, [id]);
}

/** Enabling it and another address forget the failures: three more days pass until it is disabled. */
export async function updateWebhook(
  db: Db,
  id: string,
  change: {
    url?: string | undefined;
    events?: readonly string[] | undefined;
    newsletterId?: string | null | undefined;
    enabled?: boolean | undefined;
    now: Date;
  },
): Promise<WebhookRow | undefined> {
  return db.maybeOne(
    `update webhooks set url = coalesce($2, url), events = coalesce($3, events),
       newsletter_id = case when $4 then $5::bigint else newsletter_id end,
       disabled_at = case $6::boolean when true then null when false then coalesce(disabled_at, $7) else disabled_at end,
       disabled_because = case $6::boolean when true then null when false then coalesce(disabled_because, 'by-hand')
         else disabled_because end,
       failing_since = case when $6 or $2 <> url then null else failing_since end
     where id = $1 returning ${columns}`,
    [
      id,
      change.url ?? null,
      change.events ?? null,
      change.newsletterId !== undefined,
      change.newsletterId ?? null,
      change.enabled ?? null,
      change.now,
    ],
  );
}

export async function deleteWebhook(db: Db, id: string): Promise<boolean> {
  return (await db.change('delete from webhooks where id = $1', [id])) === 1;
}

export async function noteSuccess(tx: Db, id: string): Promise<void> {
  await tx.change('update webhooks set failing_since = null, delivered = delivered + 1 where id = $1', [id]);
}

/** Returns the webhook as it is now; undefined if it is gone. */
export async function noteFailure(
  tx: Db,
  id: string,
  { isLast, now }: { isLast: boolean; now: Date },
): Promise<WebhookRow | undefined> {
  return tx.maybeOne(
    `update webhooks set failing_since = coalesce(failing_since, $3), failed = failed + case when $2 then 1 else 0 end,
       retried = retried + case when $2 then 0 else 1 end
     where id = $1 returning ${columns}`,
    [id, isLast, now],
  );
}

/** False: it is disabled already. */
export async function disableWebhook(
  tx: Db,
  id: string,
  { because, now }: { because: DisabledBecause; now: Date },
): Promise<boolean> {
  const disabled = await tx.change(
    'update webhooks set disabled_at = $2, disabled_because = $3 where id = $1 and disabled_at is null',
    [id, now, because],
  );
  return disabled === 1;
}

export interface WebhookCounts {
  delivered: number;
  retried: number;
  failed: number;
}

/** Tries since each webhook was created, by outcome. */
export async function selectWebhookCounts(db: Db): Promise<WebhookCounts> {
  return db.one(
    `select coalesce(sum(delivered), 0)::float8 as delivered, coalesce(sum(retried), 0)::float8 as retried,
       coalesce(sum(failed), 0)::float8 as failed from webhooks`,
  );
}
