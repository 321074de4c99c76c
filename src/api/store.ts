// The SQL for idempotent_answers.
import type { Db } from '../db.js';

export interface AnswerRow {
  requestHash: Buffer;
  /** Null while the first request is still running. */
  status: number | null;
  body: string | null;
  createdAt: Date;
}

interface AnswerKey {
  apiKeyId: string;
  idempotencyKey: string;
}

/**
 * Claims the key; true if the caller must answer the request. A claim succeeds in three cases:
 * - the key is new;
 * - its row is older than `expired`;
 * - the same request claimed it before `abandoned` and died without an answer.
 * One statement decides, so that only one of two concurrent requests gets the key.
 */
export async function claimAnswer(
  db: Db,
  { apiKeyId, idempotencyKey }: AnswerKey,
  requestHash: Buffer,
  { now, expired, abandoned }: { now: Date; expired: Date; abandoned: Date },
): Promise<boolean> {
  const changed = await db.change(
    `insert into idempotent_answers as a (api_key_id, idempotency_key, request_hash, created_at)
     values ($1, $2, $3, $4)
     on conflict (api_key_id, idempotency_key) do update
       set request_hash = excluded.request_hash, created_at = excluded.created_at, status = null, body = null
       where a.created_at < $5
          or (a.status is null and a.created_at < $6 and a.request_hash = excluded.request_hash)`,
    [apiKeyId, idempotencyKey, requestHash, now, expired, abandoned],
  );
  return changed === 1;
}

export function selectAnswer(
  db: Db,
  { apiKeyId, idempotencyKey }: AnswerKey,
): Promise<AnswerRow | undefined> {
  return db.maybeOne<AnswerRow>(
    `select request_hash, status, body, created_at from idempotent_answers
     where api_key_id = $1 and idempotency_key = $2`,
    [apiKeyId, idempotencyKey],
  );
}

export async function storeAnswer(
  db: Db,
  { apiKeyId, idempotencyKey }: AnswerKey,
  answer: { status: number; body: string },
): Promise<void> {
  await db.query(
    'update idempotent_answers set status = $3, body = $4 where api_key_id = $1 and idempotency_key = $2',
    [apiKeyId, idempotencyKey, answer.status, answer.body],
  );
}

export async function dropAnswer(db: Db, { apiKeyId, idempotencyKey }: AnswerKey): Promise<void> {
  await db.query(
    'delete from idempotent_answers where api_key_id = $1 and idempotency_key = $2 and status is null',
    [apiKeyId, idempotencyKey],
  );
}

export function deleteAnswersBefore(db: Db, time: Date): Promise<number> {
  return db.change('delete from idempotent_answers where created_at < $1', [time]);
}
