// Jobs of the queue "feeds".
import type { Log } from '../src/log.js';
import type { Enqueue, Payload } from '../src/queues.js';
import { pollDueFeeds } from '../src/feeds/poll-due-feeds.js';
import { pollFeed, type PollDeps } from '../src/feeds/poll-feed.js';

export interface FeedsWorkerDeps extends PollDeps {
  enqueue: Enqueue;
  log: Log;
}

/** What a worker does with a job of "feeds". */
export function feedsWorker(deps: FeedsWorkerDeps): (payload: Payload<'feeds'>) => Promise<void> {
  return async (payload) => {
    if (payload.kind === 'poll-due') {
      await pollDueFeeds(deps);
      return;
    }
    const result = await pollFeed(deps, { feedId: payload.feedId, onlyIfDue: true });
    deps.log.info({ feedId: payload.feedId, ...result }, 'feed polled');
  };
}
