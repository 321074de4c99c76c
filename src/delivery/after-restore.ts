// After a restore: the deliveries of issues that were under way.
import type { Db } from '../db.js';

/**
 * Calls the open deliveries of these issues uncertain: most likely they were handed over in the time that the
 * database has lost. No machine sends an uncertain delivery again.
 */
export async function callUncertain(tx: Db, issueIds: readonly string[]): Promise<void> {
  await tx.query(
    `update deliveries set state = 'uncertain', reason = 'restored', worker_id = null, due_at = null, changed_at = now()
     where issue_id = any ($1) and state in ('queued', 'deferred', 'sending')`,
    [issueIds],
  );
}
