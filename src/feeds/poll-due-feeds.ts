import type { Db } from '../db.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import { findDueFeeds } from './store.js';
import { findHubsDue } from './store-hubs.js';

// For one run. The next run, a minute later, finds the rest.
const feedsAtMost = 1000;

/**
 * Enqueues a poll for each feed that is due, one job each, so that a slow feed delays no other. Also enqueues
 * the requests to hubs that are due.
 */
export async function pollDueFeeds(deps: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<{ enqueued: number }> {
  const due = await findDueFeeds(deps.db, deps.now(), feedsAtMost);
  const enqueued = await enqueueAll(
    deps.enqueue,
    'feeds',
    due.map((feedId) => ({ kind: 'poll' as const, feedId })),
  );
  const hubs = await findHubsDue(deps.db, deps.now(), feedsAtMost);
  await enqueueAll(
    deps.enqueue,
    'feeds',
    hubs.map((feedId) => ({ kind: 'ask-hub' as const, feedId })),
  );
  return { enqueued };
}
