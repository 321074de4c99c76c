// Starts the site whose feeds are polled, as a process, so that its CPU does not count as the poller's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../src/config/environment.js';
import type { FeedSiteAnswer, FeedSiteTask } from './feed-site-process.js';

export interface FeedSite {
  /** The address of each feed. */
  urls: string[];
  /** Makes every feed serve this edition from now on. */
  publish(edition: number): Promise<void>;
  /** Totals of the answers since the previous call. */
  answered(): Promise<{ whole: number; notModified: number; megabytes: number }>;
  close(): Promise<void>;
}

/** Starts a site with this many feeds, in their first edition. */
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
