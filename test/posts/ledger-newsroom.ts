// A newsletter with a feed on a real database, and what its ledger of posts holds.
import type { Db } from '../../src/db.js';
import { addFeed } from '../../src/feeds/add-feed.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { openSecrets } from '../../src/secrets.js';
import { makeNewsletter, rememberingQueue, secretKey } from '../support/newsroom.js';

const now = new Date('2026-11-23T12:00:00Z');
export const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

/** A newsletter with a feed; `poll` records a document of the feed and returns the result. */
export async function ledgerNewsroom(db: Db) {
  const { id: newsletterId } = await makeNewsletter(db);
  const deps = { db, now: () => now };
  const newFeed = async (url = `https://blog.example/${Math.random()}`) => {
    const added = await addFeed(
      {
        ...deps,
        enqueue: rememberingQueue().enqueue,
        allowPrivateFeeds: [],
        secrets: openSecrets(secretKey),
      },
      { newsletterId, url },
    );
    if (added.status !== 'added') throw new Error(added.status);
    return added.feed.id;
  };
  const feedId = await newFeed();
  const poll = (posts: IncomingPost[], { feed = feedId, firstPoll = false } = {}) =>
    recordPosts(deps, { newsletterId, feed: { id: feed, firstPoll, addedAt: now }, posts });
  const push = (posts: IncomingPost[]) => recordPosts(deps, { newsletterId, feed: null, posts });
  const ledger = () =>
    db.query<{ title: string; state: string; seq: string | null; html: string }>(
      'select title, state, seq, html from posts where newsletter_id = $1 order by id',
      [newsletterId],
    );
  const seq = async () =>
    (await db.one<{ seq: string }>('select seq from newsletters where id = $1', [newsletterId])).seq;
  return { db, deps, newsletterId, feedId, newFeed, poll, push, ledger, seq };
}
