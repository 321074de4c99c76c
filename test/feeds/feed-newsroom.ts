// A newsletter with feeds on this machine, and a clock that the test moves.
import { hour } from '../../src/durations.js';
import { addFeed } from '../../src/feeds/add-feed.js';
import type { FeedKind } from '../../src/formats/document.js';
import { pollFeed, type PollResult } from '../../src/feeds/poll-feed.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { openSecrets } from '../../src/secrets.js';
import type { Db } from '../../src/db.js';
import { makeNewsletter, rememberingQueue, secretKey } from '../support/newsroom.js';

export const start = new Date('2026-11-23T12:00:00Z');

export interface Entry {
  guid: string;
  hoursAgo?: number;
  title?: string;
  link?: string;
  text?: string;
}

/** An RSS document with these entries. Their ages count back from `start`. */
export function rss(entries: readonly Entry[], channel = ''): string {
  const items = entries.map(
    ({ guid, hoursAgo = 1, title = guid, link, text }) =>
      `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title>${link === undefined ? '' : `<link>${link}</link>`}${
        text === undefined ? '' : `<description>${text}</description>`
      }<pubDate>${new Date(start.getTime() - hoursAgo * hour).toUTCString()}</pubDate></item>`,
  );
  return `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>The Harbour Blog</title>${channel}${items.join('')}</channel></rss>`;
}

export async function feedNewsroom(db: Db) {
  const { id: newsletterId } = await makeNewsletter(db);
  const queue = rememberingQueue();
  let time = start.getTime();
  const deps = {
    db,
    enqueue: queue.enqueue,
    now: () => new Date(time),
    secrets: openSecrets(secretKey),
    baseUrl: 'https://digest.example',
    allowPrivateFeeds: ['127.0.0.0/8'],
  };
  return {
    db,
    deps,
    queue,
    newsletterId,
    /** Moves the clock forward. */
    pass: (milliseconds: number) => void (time += milliseconds),
    async add(url: string, kind?: FeedKind): Promise<string> {
      const added = await addFeed(deps, { newsletterId, url, kind });
      if (added.status !== 'added') throw new Error(added.status);
      return added.feed.id;
    },
    poll: (feedId: string): Promise<PollResult> => pollFeed(deps, { feedId }),
    async titles(state: 'eligible' | 'held' | 'known' | 'excluded' = 'eligible'): Promise<string[]> {
      return (await listPosts(db, { newsletterId, state, limit: 200 })).data.map(({ title }) => title);
    },
  };
}
