import type { Db } from '../db.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import { findDueFeeds } from './store.js';
import { findHubsDue } from './store-hubs.js';
import { hasDueMails } from './store-mails.js';

// Of one wake-up; the next one, a minute later, finds the rest.
const feedsAtMost = 1000;

/**
 * Enqueues a poll for each feed that is due: a job each, so that a slow feed holds up no other. And what else is due about
 * feeds: hubs to be asked, mails to the accounts.
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
  if (await hasDueMails(deps.db, deps.now())) await deps.enqueue('feeds', { kind: 'tell-accounts' });
  return { enqueued };
}
