// The audit log: searching it, and the log as a chain of hashes.
import type { Db } from '../db.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';
import type { AuditAction } from './audit-actions.js';
import type { AuditEntry } from './store.js';

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

export interface AuditFilter {
  /** 'account:1' */
  actor?: string | undefined;
  actions?: readonly AuditAction[] | undefined;
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
  /** The id of the last entry of the page before. */
  before?: string | undefined;
  limit: number;
}

/**
 * Entries that match, newest first. Each action is read from its index, so that a rare one costs no more than
 * a frequent one. If the entry `before` has been deleted, so have all older ones.
 *
 * Actor and action stand in the order and in row comparisons, and in no equation: the planner may then not follow the
 * time alone and look at each entry, as it would where its statistics take a rare actor for a frequent one.
 */
export async function selectAuditWhere(
  db: Db,
  { actor, actions, from, to, before, limit }: AuditFilter,
): Promise<AuditEntry[]> {
  const key = [
    ...(actor === undefined ? [] : [{ column: 'actor', wanted: '$4::text' }]),
    ...(actions === undefined ? [] : [{ column: 'action', wanted: 'wanted' }]),
  ];
  const row = (at: string, id: string): string =>
    `(${[...key.map(({ wanted }) => wanted), at, id].join(', ')})`;
  const columns = [...key.map(({ column }) => column), 'at', 'id'];
  const earlier = row('(select b.at from audit b where b.id = $3)', '$3');
  const matching = `select id, at, actor, action, subject, detail from audit
     where (${columns.join(', ')}) >= ${row('$1', '0')} and (${columns.join(', ')}) < ${row('$2', '0')}
     and ${before === undefined ? '$3::bigint is null' : `(${columns.join(', ')}) < ${earlier}`}
     ${actor === undefined ? 'and $4::text is null' : ''}
     order by ${columns.map((column) => `${column} desc`).join(', ')} limit $5`;
  const values = [from ?? '-infinity', to ?? 'infinity', before ?? null, actor ?? null, limit];
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    return actions === undefined
      ? tx.query<AuditEntry>(matching, values)
      : tx.query<AuditEntry>(
          `select e.* from unnest($6::text[]) wanted cross join lateral (${matching}) e
           order by at desc, id desc limit $5`,
          [...values, actions],
        );
  });
}

/** The different actors, each found by one look at the index. */
export async function selectActors(db: Db, limit: number): Promise<string[]> {
  const rows = await db.query<{ actor: string }>(
    `with recursive found as (
       select min(actor) as actor from audit
       union all select (select min(a.actor) from audit a where a.actor > found.actor) from found
       where found.actor is not null)
     select actor from found where actor is not null limit $1`,
    [limit],
  );
  return rows.map(({ actor }) => actor);
}
