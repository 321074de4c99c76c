// The feeds queue: polls feeds, and does the work that slow sites may delay.
import type { Log } from '../src/log.js';
import type { Enqueue, Payload } from '../src/queues.js';
import { askHub, type HubDeps } from '../src/feeds/ask-hub.js';
import { measureImages } from '../src/images/measure-images.js';
import { checkIssueLinks } from '../src/issues/check-issue-links.js';
import { pollDueFeeds } from '../src/feeds/poll-due-feeds.js';
import { pollFeed, type PollDeps } from '../src/feeds/poll-feed.js';

export interface FeedsWorkerDeps extends PollDeps, HubDeps {
  enqueue: Enqueue;
  log: Log;
}

export function feedsWorker(deps: FeedsWorkerDeps): (payload: Payload<'feeds'>) => Promise<void> {
  return async (payload) => {
    switch (payload.kind) {
      case 'poll-due':
        return void (await pollDueFeeds(deps));
      case 'measure-images':
        return void (await measureImages(deps));
      case 'check-links':
        return checkIssueLinks(deps, payload.issueId);
      case 'ask-hub': {
        const asked = await askHub(deps, payload);
        deps.log.info({ feedId: payload.feedId, ...asked }, 'hub asked');
        return;
      }
      case 'poll': {
        const result = await pollFeed(deps, { feedId: payload.feedId, onlyIfDue: true });
        deps.log.info({ feedId: payload.feedId, ...result }, 'feed polled');
        await deps.enqueue('feeds', { kind: 'measure-images' });
      }
    }
  };
}
