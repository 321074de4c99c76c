// The newest posts of feeds that no newsletter has yet, for a preview. Stores nothing.
import { newestOf } from '../posts/arrival.js';
import type { PreparedPost } from '../posts/incoming.js';
import type { FeedKind } from '../formats/document.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import type { DiscoverDeps } from './discover-feeds.js';
import { readFeed } from './read-feed.js';

/** The feeds that fail bring no posts. At most `limit` posts, the newest first. */
export async function latestPosts(
  deps: DiscoverDeps & { now: () => Date },
  feeds: readonly { url: string; kind: FeedKind | null }[],
  limit: number,
): Promise<PreparedPost[]> {
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const read = await Promise.all(
    feeds.map(async ({ url, kind }) => {
      const address = readFeedUrl(url, allowance);
      if (!address.ok) return [];
      const { baseUrl } = deps;
      const answer = await readFeed({
        url: address.url,
        kind,
        baseUrl,
        allowance,
        etag: null,
        lastModified: null,
        lastSuccessAt: null,
        now: deps.now(),
      });
      return answer.status === 'read' ? answer.posts : [];
    }),
  );
  return newestOf(read.flat(), limit).toSorted(
    (a, b) => (b.publishedAt?.getTime() ?? 0) - (a.publishedAt?.getTime() ?? 0),
  );
}
