// The rows of first runs. Private to this folder.
import type { Db } from '../db.js';
import { storableJson } from '../languages/message-json.js';

/** As it was stored: the reader of a row checks it like the body of a request. */
export interface KeptRun {
  fields: Readonly<Record<string, unknown>>;
  outcome: object | null;
}

interface Row extends KeptRun {
  accountId: string;
  at: Date;
}

export async function insertRun(db: Db, { accountId, fields, outcome, at }: Row): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    'insert into first_runs (account_id, fields, outcome, kept_at) values ($1, $2, $3, $4) returning id',
    [accountId, storableJson(fields), outcome && storableJson(outcome), at],
  );
  return id;
}

/** False: the account has no such run. */
export async function replaceRun(
  db: Db,
  { id, accountId, fields, outcome, at }: Row & { id: string },
): Promise<boolean> {
  const changed = await db.change(
    'update first_runs set fields = $3, outcome = $4, kept_at = $5 where id = $1 and account_id = $2',
    [id, accountId, storableJson(fields), outcome && storableJson(outcome), at],
  );
  return changed === 1;
}

export function selectRun(
  db: Db,
  { id, accountId, since }: { id: string; accountId: string; since: Date },
): Promise<KeptRun | undefined> {
  return db.maybeOne(
    'select fields, outcome from first_runs where id = $1 and account_id = $2 and kept_at >= $3',
    [id, accountId, since],
  );
}

/** Of the account all but the newest. */
export async function deleteOlderRuns(
  db: Db,
  { accountId, newest }: { accountId: string; newest: number },
): Promise<void> {
  await db.change(
    `delete from first_runs where account_id = $1 and id not in
       (select id from first_runs where account_id = $1 order by id desc limit $2)`,
    [accountId, newest],
  );
}

/** Those that were kept before. Accounts are few, so the table needs no index for it. */
export const deleteExpiredRuns = (db: Db, before: Date): Promise<number> =>
  db.change('delete from first_runs where kept_at < $1', [before]);
