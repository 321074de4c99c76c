// The audit log: each change with its actor and time. Entries hold ids, never addresses or secrets: the log
// cannot be changed, so personal data in it could not be erased.
import type { Db } from '../db.js';
import { actorName, type Actor, type Outsider } from './permission.js';
import { insertAudit, selectAudit, type AuditEntry } from './store.js';

/** Adds an entry. Example: `action` is 'newsletter.create' and `subject` is 'newsletter:1'. */
export async function recordAudit(
  deps: { db: Db; now: () => Date },
  entry: { actor: Actor | Outsider; action: string; subject?: string | undefined; detail?: unknown },
): Promise<void> {
  await insertAudit(deps.db, {
    at: deps.now(),
    actor: actorName(entry.actor),
    action: entry.action,
    subject: entry.subject ?? null,
    detail: entry.detail,
  });
}

/** Newest first, starting below the id `before`. */
export function listAudit(
  db: Db,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<AuditEntry[]> {
  return selectAudit(db, before, limit);
}
