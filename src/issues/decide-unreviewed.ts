// Decides issues in review whose time is over. They go out, or their posts go to the next issue, as the
// newsletter's schedule said at the freeze. Without a reviewTimeout an issue waits.
import type { Db } from '../db.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import * as review from './store-review.js';

/** Any process may call it at any time. */
export async function decideUnreviewed(deps: { db: Db; enqueue: Enqueue; now: () => Date }): Promise<void> {
  const { released } = await review.updateUnreviewed(deps.db, deps.now());
  await enqueueAll(
    deps.enqueue,
    'issues',
    released.map((issueId) => ({ kind: 'assemble' as const, issueId })),
  );
}
