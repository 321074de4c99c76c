// The guard that holds an unusual number of new posts.
import { hour } from '../../src/durations.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { closeParser } from '../../src/formats/parse.js';
import { settleFeed } from '../../src/feeds/settle-feed.js';
import { newPostsAllowed } from '../../src/posts/guard.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { type Entry, feedNewsroom, rss, start } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
beforeAll(async () => {
  site = await startFeedServer((_, response) => response.end(rss([])));
});
closeAfterAll(async () => {
  await site.close();
  await closeParser();
});

const archive = (count: number, prefix = 'old'): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ guid: `${prefix}-${index}`, hoursAgo: 24 * (index + 3) }));
/** Posts published since the feed was added. */
const latest = (count: number, prefix: string): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ guid: `${prefix}-${index}`, hoursAgo: -index / 60 }));
const serve = (entries: readonly Entry[]) => {
  site.answer = (_, response) => void response.end(rss(entries));
};

/** A feed with one post a day for a month. */
async function quietFeed() {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/${Math.random()}`);
  serve(archive(30));
  await newsroom.poll(feedId);
  newsroom.pass(hour);
  return { ...newsroom, feedId };
}

test.each<[string, number, number]>([
  ['ten posts in a day are fine for anyone', 10, 0],
  ['eleven are not, for a feed with one a day', 0, 11],
  ['180 are not', 0, 180],
])('%s', async (_, created, held) => {
  const { poll, feedId, titles } = await quietFeed();
  const count = created + held;
  serve([...latest(count, 'new'), ...archive(30)].slice(0, 200));
  expect(await poll(feedId)).toMatchObject({ created, held });
  expect(await titles()).toHaveLength(created);
  expect(await titles('held')).toHaveLength(held);
});

test('held posts do not count again at the next poll, and later posts are new', async () => {
  const { poll, feedId, titles, pass, db } = await quietFeed();
  serve(archive(50, 'moved'));
  await poll(feedId);
  expect(await poll(feedId)).toMatchObject({ created: 0, held: 0 });
  pass(hour);
  serve([{ guid: 'real', hoursAgo: -1 }, ...archive(50, 'moved')]);
  expect(await poll(feedId)).toMatchObject({ created: 1, held: 0 });
  expect(await titles()).toEqual(['real']);
  expect(await getFeed(db, feedId, new Date())).toMatchObject({ held: 50, status: 'ok' });
});

test('released posts take the next numbers once, the oldest first', async () => {
  const { poll, feedId, deps, db, newsletterId } = await quietFeed();
  serve(archive(12, 'moved'));
  await poll(feedId);
  const settled = await Promise.all([1, 2].map(() => settleFeed(deps, { feedId, action: 'release' })));
  expect(
    settled.map((result) => (result.status === 'settled' ? result.posts : -1)).toSorted((a, b) => a - b),
  ).toEqual([0, 12]);
  const rows = await db.query<{ guid: string; seq: string }>(
    "select guid, seq from posts where newsletter_id = $1 and state = 'eligible' order by seq",
    [newsletterId],
  );
  expect(rows.map(({ guid }) => guid)).toEqual(
    archive(12, 'moved')
      .map(({ guid }) => guid)
      .toReversed(),
  );
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, index) => index + 1));
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({ held: 0 });
});

test('marked known, they are never news; and teach the guard nothing', async () => {
  const { poll, feedId, deps, titles, pass } = await quietFeed();
  serve(archive(50, 'moved'));
  await poll(feedId);
  expect(await settleFeed(deps, { feedId, action: 'known' })).toEqual({ status: 'settled', posts: 50 });
  expect(await titles()).toEqual([]);
  pass(48 * hour);
  serve([...archive(40, 'again'), ...archive(50, 'moved')]);
  expect(await poll(feedId)).toMatchObject({ created: 0, held: 40 });
});

test('a busy feed may bring more; so may one that could not be read for days', async () => {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/busy`);
  const busy = (days: number, from = 2) =>
    Array.from({ length: days * 8 }, (_, index) => ({
      guid: `busy-${from}-${index}`,
      hoursAgo: 24 * (from + Math.floor(index / 8)) + 1,
    }));
  serve(busy(5));
  await newsroom.poll(feedId);
  serve([...busy(3, -3), ...busy(5)]);
  expect(await newsroom.poll(feedId)).toMatchObject({ created: 24, held: 0 });
  newsroom.pass(4 * 24 * hour);
  serve([...busy(6, -40), ...busy(5)]);
  expect(await newsroom.poll(feedId)).toMatchObject({ created: 48, held: 0 });
});

test('posts that come few at a time, but too many in a day, are held too', async () => {
  const { poll, feedId, pass } = await quietFeed();
  pass(10 * 24 * hour);
  const aDay = (prefix: string) =>
    latest(8, prefix).map((post, index) => ({ ...post, hoursAgo: -24 * (index + 1) }));
  serve(aDay('a'));
  expect(await poll(feedId)).toMatchObject({ created: 8 });
  pass(hour);
  serve(aDay('b'));
  expect(await poll(feedId)).toMatchObject({ created: 0, held: 8 });
});

test('a feed that does not exist has nothing to settle', async () => {
  const { deps } = await feedNewsroom(database.db);
  for (const feedId of ['999999', 'x', ''])
    expect(await settleFeed(deps, { feedId, action: 'known' })).toEqual({ status: 'no-such-feed' });
});

test('the rule', () => {
  const custom = { busiestDay: 5, recent: 0, lastPolledAt: start };
  expect(newPostsAllowed({ ...custom, busiestDay: 0 }, start)).toBe(10);
  expect(newPostsAllowed(custom, start)).toBe(15);
  expect(newPostsAllowed({ ...custom, recent: 20 }, start)).toBe(0);
  expect(newPostsAllowed(custom, new Date(start.getTime() + 49 * hour))).toBe(25);
});
