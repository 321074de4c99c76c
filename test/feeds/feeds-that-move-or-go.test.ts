// Feeds that move to another address or are gone for good.
import { minute, hour } from '../../src/durations.js';
import { addFeed } from '../../src/feeds/add-feed.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { closeParser } from '../../src/formats/parse.js';
import { updateFeed } from '../../src/feeds/update-feed.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { feedNewsroom, rss, start } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
closeAfterAll(closeParser);
beforeEach(async () => {
  site = await startFeedServer((_, response) => response.end(rss([])));
});
afterEach(() => site.close());

/** Redirects every path to /new with `status`. */
function moved(status: number, document: string): FeedServer['answer'] {
  return (request, response) => {
    if (request.url === '/new') response.end(document);
    else response.writeHead(status, { location: '/new' }).end();
  };
}

describe('an address that changed', () => {
  test.each([301, 308])('for good (%s) is changed here, and no post comes twice', async (status) => {
    const { db, add, poll, titles, pass } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/old`);
    site.answer = (_, response) => void response.end(rss([{ guid: 'a' }, { guid: 'b', hoursAgo: 100 }]));
    await poll(feedId);
    site.answer = moved(status, rss([{ guid: 'c' }, { guid: 'a' }, { guid: 'b', hoursAgo: 100 }]));
    pass(10 * minute);
    expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1, movedTo: `${site.url}/new` });
    expect(await getFeed(db, feedId, new Date())).toMatchObject({
      url: `${site.url}/new`,
      movedFrom: `${site.url}/old`,
      movedAt: new Date(start.getTime() + 10 * minute).toISOString(),
      status: 'ok',
    });
    site.requests.length = 0;
    expect(await poll(feedId)).toMatchObject({ created: 0 });
    expect(site.requests.map(({ url }) => url)).toEqual(['/new']);
    expect((await titles()).toSorted()).toEqual(['a', 'c']);
  });

  test.each([302, 303, 307])('temporarily (%s) keeps its address', async (status) => {
    const { db, add, poll } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/old`);
    site.answer = moved(status, rss([{ guid: 'a' }]));
    expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1 });
    expect(await getFeed(db, feedId, new Date())).toMatchObject({ url: `${site.url}/old`, movedFrom: null });
  });

  test('keeps its address while the new one is not a feed', async () => {
    const { db, add, poll } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/old`);
    site.answer = moved(301, '<html><body>This domain is for sale</body></html>');
    expect(await poll(feedId)).toMatchObject({ status: 'failed' });
    expect(await getFeed(db, feedId, new Date())).toMatchObject({
      url: `${site.url}/old`,
      status: 'failing',
    });
  });

  test('to that of another feed of the newsletter stays, and it is said', async () => {
    const { db, add, poll } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/old`);
    await add(`${site.url}/new`);
    site.answer = moved(301, rss([{ guid: 'a' }]));
    expect(await poll(feedId)).toMatchObject({ status: 'polled' });
    expect(await getFeed(db, feedId, new Date())).toMatchObject({
      url: `${site.url}/old`,
      status: 'ok',
      remark: expect.stringContaining('Remove one of them'),
    });
    // The remark disappears with its cause.
    site.answer = (_, response) => void response.end(rss([{ guid: 'a' }]));
    await poll(feedId);
    expect(await getFeed(db, feedId, new Date())).toMatchObject({ remark: null });
  });

  test('for two feeds at once to the same is taken by one', async () => {
    const { db, add, poll } = await feedNewsroom(database.db);
    const feeds = [await add(`${site.url}/one`), await add(`${site.url}/two`)];
    site.answer = moved(301, rss([{ guid: 'a' }]));
    const polls = await Promise.all(feeds.map(poll));
    expect(polls.filter((result) => 'movedTo' in result)).toHaveLength(1);
    const urls = await Promise.all(feeds.map(async (feedId) => (await getFeed(db, feedId, new Date()))?.url));
    expect(urls).toContain(`${site.url}/new`);
    expect(new Set(urls).size).toBe(2);
  });
});

describe('a feed that is gone for good (410)', () => {
  test('is no longer polled, says so, and comes back when it is enabled', async () => {
    const { db, deps, add, poll, pass } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/feed`);
    await poll(feedId);
    site.answer = (_, response) => void response.writeHead(410).end();
    expect(await poll(feedId)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('stopped checking'),
    });
    expect(await getFeed(db, feedId, deps.now())).toMatchObject({
      status: 'gone',
      nextPollAt: null,
      lastError: expect.stringContaining('410'),
      health: expect.stringMatching(/^Gone for good since 23 Nov 2026, 12:00 UTC/),
    });
    expect(await poll(feedId)).toEqual({ status: 'disabled' });

    site.answer = (_, response) => void response.end(rss([{ guid: 'a' }]));
    pass(hour);
    expect(await updateFeed(deps, { feedId, disabled: false })).toMatchObject({ status: 'updated' });
    expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1 });
    expect(await getFeed(db, feedId, deps.now())).toMatchObject({ status: 'ok', failures: 0 });
  });

  test('is polled again at another address', async () => {
    const { db, deps, add, poll } = await feedNewsroom(database.db);
    const feedId = await add(`${site.url}/feed`);
    site.answer = (_, response) => void response.writeHead(410).end();
    await poll(feedId);
    await updateFeed(deps, { feedId, url: `${site.url}/other` });
    site.answer = (_, response) => void response.end(rss([]));
    expect(await poll(feedId)).toMatchObject({ status: 'polled' });
    expect(await getFeed(db, feedId, deps.now())).toMatchObject({ status: 'ok' });
  });
});

test('the next poll waits as long as the server says that nothing changes, an hour at most', async () => {
  const { db, add, poll } = await feedNewsroom(database.db);
  const feedId = await add(`${site.url}/feed`);
  const next = async (cacheControl: string) => {
    site.answer = (_, response) =>
      void response.writeHead(200, { 'cache-control': cacheControl }).end(rss([]));
    await poll(feedId);
    return (Date.parse((await getFeed(db, feedId, new Date()))?.nextPollAt ?? '') - start.getTime()) / minute;
  };
  expect(await next('max-age=60')).toBe(10);
  expect(await next('max-age=1800')).toBe(30);
  expect(await next('max-age=31536000')).toBe(60);
});

test('health is a sentence', async () => {
  const { db, deps, newsletterId, poll, pass } = await feedNewsroom(database.db);
  const added = await addFeed(deps, { newsletterId, url: `${site.url}/feed` });
  if (added.status !== 'added') throw new Error(added.status);
  const feedId = added.feed.id;
  const health = async () => (await getFeed(db, feedId, deps.now()))?.health;
  expect(added.feed.health).toBe('It has not been polled yet.');
  await poll(feedId);
  expect(await health()).toBe('Polled just now. It has brought nothing new yet. The next poll is in 10 min.');
  site.answer = (_, response) => void response.end(rss([{ guid: 'a', hoursAgo: 0 }]));
  await poll(feedId);
  pass(7 * minute);
  expect(await health()).toBe(
    'Polled 7 min ago. The last new post came 7 min ago. The next poll is in 3 min.',
  );
  pass(2 * hour);
  site.answer = (_, response) => void response.writeHead(500).end();
  await poll(feedId);
  await poll(feedId);
  expect(await health()).toMatch(
    /^The last 2 polls failed: The server answered 500 \(it has an error of its own\)\. The last good one was 2 h ago\. The last new post came 2 h ago\. The next try is in (9|10|11) min\.$/,
  );
  await updateFeed(deps, { feedId, disabled: true });
  expect(await health()).toBe('Stopped since 23 Nov 2026, 14:07 UTC. The last new post came 2 h ago.');
});
