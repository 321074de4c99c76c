// The audit log: each change with its actor and time. Entries hold ids, never addresses or secrets: the log
// cannot be changed, so personal data in it could not be erased.
import type { Db } from '../db.js';
import type { AuditAction } from './audit-actions.js';
import { actorName, type Actor, type Outsider } from './permission.js';
import { insertAudit, selectAudit, type AuditEntry } from './store.js';
import { selectActors, selectAuditWhere, type AuditFilter } from './store-audit.js';

interface Deps {
  db: Db;
  now: () => Date;
}

/** Example: `action` is 'newsletter.create' and `subject` is 'newsletter:1'. */
interface Act {
  actor: Actor | Outsider;
  action: AuditAction;
  subject?: string | undefined;
  detail?: unknown;
}

/** Adds an entry. */
export const recordAudit = (deps: Deps, act: Act): Promise<void> => recordAuditLot(deps, [act]);

/** Adds an entry for each act, in this order. Thousands of acts in one transaction need this instead of a loop. */
export async function recordAuditLot({ db, now }: Deps, acts: readonly Act[]): Promise<void> {
  const at = now();
  const entries = acts.map(({ actor, action, subject = null, detail }) => ({
    at,
    actor: actorName(actor),
    action,
    subject,
    detail,
  }));
  if (entries.length > 0) await insertAudit(db, entries);
}

/** Newest first, starting below the id `before`. */
export function listAudit(
  db: Db,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<AuditEntry[]> {
  return selectAudit(db, before, limit);
}

export type LoggedAct = AuditEntry;
export type AuditQuery = AuditFilter;

/** The entries that match, newest first, starting below the id `before`. */
export function findAudit(db: Db, query: AuditQuery): Promise<AuditEntry[]> {
  return selectAuditWhere(db, query);
}

/** Who did anything that is still in the log: 'account:1', 'key:2', 'cli'. */
export function listActors(db: Db, limit: number): Promise<string[]> {
  return selectActors(db, limit);
}
