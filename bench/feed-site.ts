// The site whose feeds are polled: a process of its own, so that what it takes is not taken for the poller's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../src/config/environment.js';
import type { FeedSiteAnswer, FeedSiteTask } from './feed-site-process.js';

export interface FeedSite {
  /** The address of each feed. */
  urls: string[];
  /** The publishers write on: from now on each feed is in that edition. */
  publish(edition: number): Promise<void>;
  /** What it answered since the last time that it was asked. */
  answered(): Promise<{ whole: number; notModified: number; megabytes: number }>;
  close(): Promise<void>;
}

/** Starts a site with that many feeds, in their first edition. */
export async function startFeedSite(feeds: number, postsOfEach: number): Promise<FeedSite> {
  const child = fork(new URL('dist/bench/feed-site-process.js', packageRoot), { execArgv: [] });
  const ask = async (task: FeedSiteTask): Promise<FeedSiteAnswer> => {
    child.send(task);
    const [answer] = (await once(child, 'message')) as [FeedSiteAnswer];
    return answer;
  };
  const { urls } = await ask({ feeds, postsOfEach, edition: 1 });
  return {
    urls,
    async publish(edition) {
      await ask({ feeds, postsOfEach, edition });
    },
    async answered() {
      const { whole, notModified, bytes } = await ask('answered');
      return { whole, notModified, megabytes: bytes / 1_000_000 };
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
