// The audit log as a chain of hashes.
import type { Db } from '../db.js';

/** Both ends of the chain. */
export interface AuditChain {
  lastId: string;
  lastHash: Buffer;
  forgottenId: string;
  forgottenHash: Buffer;
}

export interface ChainedEntry {
  id: string;
  prevHash: Buffer;
  hash: Buffer;
  /** The hash of what the entry says now. */
  computed: Buffer;
}

export const selectChain = (db: Db): Promise<AuditChain> =>
  db.one<AuditChain>('select last_id, last_hash, forgotten_id, forgotten_hash from audit_chain');

/** The hash is computed here, not by a function of the database: who changed a row could change that too. */
export const selectChained = (db: Db, after: string, limit: number): Promise<ChainedEntry[]> =>
  db.query<ChainedEntry>(
    `select id, prev_hash, hash, sha256(prev_hash || convert_to(jsonb_build_array(id,
       to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), actor, action, subject, detail)::text,
       'UTF8')) as computed
     from audit where id > $1 order by id limit $2`,
    [after, limit],
  );

/** All reads of the transaction see the log as it is now. */
export async function readAsOfNow(tx: Db): Promise<void> {
  await tx.query('set transaction isolation level repeatable read');
}

/**
 * Deletes up to `limit` of the oldest entries. Those younger than 90 days stay, whatever `before` says.
 * Returns the number deleted.
 */
export async function deleteOldAudit(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { forgotten } = await db.one<{ forgotten: number }>('select forget_audit($1, $2) as forgotten', [
    before,
    limit,
  ]);
  return forgotten;
}
