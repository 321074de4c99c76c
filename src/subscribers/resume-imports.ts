import type { Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { stalledImports } from './store-import.js';

/** A lot takes well under a second: an import that has not moved for so long has no worker; ms. */
const stalledAfter = 60_000;

/** Enqueues imports whose job was lost or whose worker died; each goes on where it stopped. */
export async function enqueueUnfinishedImports({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<void> {
  for (const importId of await stalledImports(db, new Date(now().getTime() - stalledAfter)))
    await enqueue('subscriptions', { kind: 'import', importId });
}
