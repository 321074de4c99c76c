import { advisoryLocks, type Db } from '../db.js';

export interface KeyRow {
  id: number;
  fingerprint: Buffer;
  /** Null: another key has replaced this one. */
  sealedSuppressionKey: Buffer | null;
  firstUsedAt: Date;
  replacedAt: Date | null;
}

const columns = 'id, fingerprint, sealed_suppression_key, first_used_at, replaced_at';

/** All keys that the database has known, the oldest first. */
export const selectKeys = (db: Db): Promise<KeyRow[]> =>
  db.query<KeyRow>(`select ${columns} from secret_keys order by id`);

/** Until the transaction ends, no other process changes the keys. */
export async function lockKeys(tx: Db): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [advisoryLocks.keys]);
}

/** Makes this key the current one, in place of any other. */
export async function makeCurrent(
  tx: Db,
  key: { id: number; fingerprint: Buffer; sealedSuppressionKey: Buffer },
): Promise<void> {
  await tx.query(
    `update secret_keys set replaced_at = now(), sealed_suppression_key = null where replaced_at is null`,
  );
  await tx.query(
    `insert into secret_keys (id, fingerprint, sealed_suppression_key) values ($1, $2, $3)
     on conflict (id) do update
       set sealed_suppression_key = excluded.sealed_suppression_key, replaced_at = null`,
    [key.id, key.fingerprint, key.sealedSuppressionKey],
  );
}
