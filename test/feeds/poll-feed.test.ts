// Polling a feed: news, failures and concurrent polls.
import { minute } from '../../src/durations.js';
import { addFeed } from '../../src/feeds/add-feed.js';
import { getFeed, listFeeds } from '../../src/feeds/list-feeds.js';
import { closeParser } from '../../src/formats/parse.js';
import { pollDueFeeds } from '../../src/feeds/poll-due-feeds.js';
import { pollFeed } from '../../src/feeds/poll-feed.js';
import { removeFeed } from '../../src/feeds/remove-feed.js';
import { updateFeed } from '../../src/feeds/update-feed.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { openSecrets } from '../../src/secrets.js';
import { feedsWorker } from '../../workers/feeds.js';
import { Died, dyingAfter } from '../support/dying.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeNewsletter, quiet, rememberingQueue } from '../support/newsroom.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';

const start = new Date('2026-11-23T12:00:00Z');

const database = useDatabase();
let site: FeedServer;
let clock: Date;
closeAfterAll(closeParser);
beforeEach(async () => {
  clock = start;
  site = await startFeedServer(serving(rss([])));
});
afterEach(() => site.close());

interface Item {
  guid: string;
  hoursAgo: number;
  title?: string;
}

function rss(items: Item[]): string {
  const xml = items.map(
    ({ guid, hoursAgo, title = guid }) =>
      `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title><pubDate>${new Date(start.getTime() - hoursAgo * 60 * minute).toUTCString()}</pubDate></item>`,
  );
  return `<rss version="2.0"><channel><title>The Harbour Blog</title>${xml.join('')}</channel></rss>`;
}

/** Answers with an ETag, as a good server does. */
function serving(document: string): FeedServer['answer'] {
  const etag = `"${document.length}-${Buffer.from(document).toString('base64').slice(-20)}"`;
  return (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { 'content-type': 'application/rss+xml', etag }).end(document);
  };
}

async function newsroom() {
  const { db } = database;
  const { id: newsletterId } = await makeNewsletter(db);
  const queue = rememberingQueue();
  const deps = {
    db,
    enqueue: queue.enqueue,
    now: () => clock,
    baseUrl: 'https://digest.example',
    allowPrivateFeeds: ['127.0.0.0/8'],
    secrets: openSecrets('x'.repeat(32)),
  };
  const add = async (url = `${site.url}/feed`) => {
    const added = await addFeed(deps, { newsletterId, url });
    if (added.status !== 'added') throw new Error(added.status);
    return added.feed.id;
  };
  const titles = async () =>
    (await listPosts(db, { newsletterId, state: 'eligible' })).data.map(({ title }) => title);
  return { db, deps, queue, newsletterId, add, titles };
}

test('the first poll tells news from what was there before; later ones take whatever is new', async () => {
  const { deps, add, titles, db } = await newsroom();
  const feedId = await add();
  const before: Item[] = [
    { guid: 'today', hoursAgo: 2 },
    { guid: 'last week', hoursAgo: 24 * 7 },
  ];
  site.answer = serving(rss(before));
  expect(await pollFeed(deps, { feedId })).toEqual({
    status: 'polled',
    found: 2,
    created: 1,
    held: 0,
    known: 1,
    updated: 0,
    duplicates: 0,
    retracted: 0,
  });
  clock = new Date(start.getTime() + 10 * minute);
  expect(await pollFeed(deps, { feedId, onlyIfDue: true })).toEqual({
    status: 'not-modified',
    found: 0,
    created: 0,
    held: 0,
    known: 0,
    updated: 0,
    duplicates: 0,
    retracted: 0,
  });
  site.answer = serving(rss([...before, { guid: 'back-dated', hoursAgo: 24 * 400 }]));
  expect(await pollFeed(deps, { feedId })).toMatchObject({ status: 'polled', created: 1, known: 0 });
  expect(await titles()).toEqual(['back-dated', 'today']);
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({
    kind: 'rss',
    title: 'The Harbour Blog',
    status: 'ok',
    lastError: null,
    lastNewPostAt: clock.toISOString(),
    nextPollAt: new Date(clock.getTime() + 10 * minute).toISOString(),
  });
});

describe('a server that answers 304 for ever', () => {
  const silent =
    (document: string, headers: Record<string, string>): FeedServer['answer'] =>
    (request, response) => {
      const { 'if-none-match': etag, 'if-modified-since': since } = request.headers;
      if (etag !== undefined || since !== undefined) response.writeHead(304).end();
      else response.writeHead(200, headers).end(document);
    };
  const first: Item = { guid: 'first', hoursAgo: 1 };
  const second: Item = { guid: 'second', hoursAgo: 0 };

  test.each<[string, Record<string, string>]>([
    ['an ETag', { etag: '"1"' }],
    ['Last-Modified', { 'last-modified': 'Mon, 23 Nov 2026 11:00:00 GMT' }],
  ])('to %s is asked for all once a day, and then always', async (_, headers) => {
    const { deps, add, titles, db } = await newsroom();
    const feedId = await add();
    const due = (minutes: number) => {
      clock = new Date(clock.getTime() + minutes * minute);
      return pollFeed(deps, { feedId, onlyIfDue: true });
    };
    site.answer = silent(rss([first]), headers);
    expect(await due(0)).toMatchObject({ created: 1 });
    site.answer = silent(rss([second, first]), headers);
    for (const minutes of [10, 700, 700])
      expect(await due(minutes)).toMatchObject({ status: 'not-modified' });
    expect(await due(30)).toMatchObject({ status: 'polled', created: 1 });
    expect(await titles()).toEqual(['second', 'first']);
    expect((await getFeed(db, feedId, deps.now()))?.health).toMatch(/nothing changed \(304\) although/);
    expect(await due(10)).toMatchObject({ status: 'polled', created: 0 });
  });

  test('is asked for all when a person polls', async () => {
    const { deps, add } = await newsroom();
    const feedId = await add();
    site.answer = silent(rss([first]), { etag: '"1"' });
    await pollFeed(deps, { feedId });
    site.answer = silent(rss([second, first]), { etag: '"1"' });
    expect(await pollFeed(deps, { feedId })).toMatchObject({ status: 'polled', created: 1 });
  });

  test('to requests without validators too is failing, not well', async () => {
    const { deps, add, db } = await newsroom();
    const feedId = await add();
    site.answer = (_, response) => void response.writeHead(304).end();
    expect(await pollFeed(deps, { feedId, onlyIfDue: true })).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/answered 304/),
    });
    expect(await getFeed(db, feedId, deps.now())).toMatchObject({ status: 'failing' });
  });

  test('but one that answers well stays trusted', async () => {
    const { deps, add, db } = await newsroom();
    const feedId = await add();
    site.answer = serving(rss([first]));
    await pollFeed(deps, { feedId });
    clock = new Date(start.getTime() + 10 * minute);
    await pollFeed(deps, { feedId, onlyIfDue: true });
    site.answer = serving(rss([second, first]));
    expect(await pollFeed(deps, { feedId })).toMatchObject({ created: 1 });
    expect((await getFeed(db, feedId, deps.now()))?.health).not.toMatch(/304/);
    clock = new Date(start.getTime() + 20 * minute);
    expect(await pollFeed(deps, { feedId, onlyIfDue: true })).toMatchObject({ status: 'not-modified' });
  });
});

test('a Last-Modified in the future is never sent back', async () => {
  const { deps, add } = await newsroom();
  const feedId = await add();
  const since: (string | undefined)[] = [];
  site.answer = (request, response) => {
    since.push(request.headers['if-modified-since']);
    response.writeHead(200, { 'last-modified': 'Tue, 24 Nov 2026 12:00:00 GMT' }).end(rss([]));
  };
  for (const hours of [0, 1, 23, 30]) {
    clock = new Date(start.getTime() + hours * 60 * minute);
    await pollFeed(deps, { feedId, onlyIfDue: true });
  }
  expect(since.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
});

test('a first poll that comes late, after failures, still counts from when the feed was added', async () => {
  const { deps, add, titles } = await newsroom();
  const feedId = await add();
  site.answer = (_, response) => void response.writeHead(500).end();
  await pollFeed(deps, { feedId });
  clock = new Date(start.getTime() + 3 * 24 * 60 * minute);
  site.answer = serving(
    rss([
      { guid: 'written meanwhile', hoursAgo: -10 },
      { guid: 'old', hoursAgo: 48 },
    ]),
  );
  expect(await pollFeed(deps, { feedId })).toMatchObject({ created: 1, known: 1 });
  expect(await titles()).toEqual(['written meanwhile']);
});

test('a failure is kept in words, backs off, and is forgotten with the next answer', async () => {
  const { deps, add, db } = await newsroom();
  const feedId = await add();
  site.answer = (_, response) => void response.writeHead(403).end();
  expect(await pollFeed(deps, { feedId })).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/^The server answered 403 \(it refuses us: /),
  });
  await pollFeed(deps, { feedId });
  const failing = await getFeed(db, feedId, deps.now());
  expect(failing).toMatchObject({
    status: 'failing',
    failures: 2,
    lastError: expect.stringMatching(/answered 403/),
  });
  const wait = Date.parse(failing?.nextPollAt ?? '') - start.getTime();
  expect(wait).toBeGreaterThanOrEqual(9 * minute);
  expect(wait).toBeLessThanOrEqual(11 * minute);

  site.answer = (_, response) => void response.writeHead(429, { 'retry-after': '7200' }).end();
  await pollFeed(deps, { feedId });
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({
    nextPollAt: new Date(start.getTime() + 120 * minute).toISOString(),
  });

  site.answer = (_, response) => void response.end('<html><p>Site under repair</p></html>');
  expect(await pollFeed(deps, { feedId })).toMatchObject({
    status: 'failed',
    error: 'This is a web page, not a feed',
  });

  site.answer = serving(rss([]));
  expect(await pollFeed(deps, { feedId })).toMatchObject({ status: 'polled', found: 0 });
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({ status: 'ok', failures: 0, lastError: null });
});

test('two polls of a feed at once record each post once', async () => {
  const { deps, add, titles } = await newsroom();
  const feedId = await add();
  site.answer = serving(rss([{ guid: 'a', hoursAgo: 1 }]));
  const results = await Promise.all([pollFeed(deps, { feedId }), pollFeed(deps, { feedId })]);
  expect(
    results.map((result) => ('created' in result ? result.created : -1)).toSorted((a, b) => a - b),
  ).toEqual([0, 1]);
  expect(await titles()).toEqual(['a']);
});

test('of two workers with the same job one polls', async () => {
  const { deps, add } = await newsroom();
  const feedId = await add();
  const work = feedsWorker({ ...deps, log: quiet, secrets: openSecrets('x'.repeat(32)) });
  await Promise.all([work({ kind: 'poll', feedId }), work({ kind: 'poll', feedId })]);
  await work({ kind: 'poll', feedId });
  expect(site.requests).toHaveLength(1);
});

test('feeds that are due are enqueued, each on its own; a worker that died leaves its feed to the next', async () => {
  const { deps, add, queue, db } = await newsroom();
  const [one, two, disabled] = [
    await add(`${site.url}/1`),
    await add(`${site.url}/2`),
    await add(`${site.url}/3`),
  ];
  await updateFeed(deps, { feedId: disabled, disabled: true });
  await pollFeed(deps, { feedId: two });
  queue.jobs.length = 0;
  await pollDueFeeds(deps);
  const polled = queue.jobs.map(({ payload }) => ('feedId' in payload ? payload.feedId : ''));
  expect(polled).toContain(one);
  expect(polled).not.toContain(two);
  expect(polled).not.toContain(disabled);

  // A worker claims the feed and dies.
  const dead = { ...deps, db: dyingAfter(db, 1).db };
  await expect(pollFeed(dead, { feedId: one, onlyIfDue: true })).rejects.toBeInstanceOf(Died);
  clock = new Date(start.getTime() + 3 * minute);
  queue.jobs.length = 0;
  await pollDueFeeds(deps);
  expect(queue.jobs.map(({ payload }) => ('feedId' in payload ? payload.feedId : ''))).toContain(one);
});

test('while the queue is down feeds stay due', async () => {
  const { deps, add } = await newsroom();
  await add();
  expect(await pollDueFeeds({ ...deps, enqueue: () => Promise.resolve(false) })).toEqual({ enqueued: 0 });
});

test('a feed is added once, polled at once, and listed', async () => {
  const { deps, newsletterId, queue, db } = await newsroom();
  const added = await addFeed(deps, { newsletterId, url: 'https://Blog.example/feed#x' });
  expect(added).toMatchObject({
    status: 'added',
    feed: { url: 'https://blog.example/feed', status: 'new', kind: null },
  });
  expect(queue.jobs).toEqual([
    { queue: 'feeds', payload: { kind: 'poll', feedId: added.status === 'added' ? added.feed.id : '' } },
  ]);
  expect(await addFeed(deps, { newsletterId, url: 'https://blog.example/feed' })).toMatchObject({
    status: 'duplicate',
  });
  expect(await addFeed(deps, { newsletterId, url: 'http://10.0.0.1/feed' })).toMatchObject({
    status: 'refused',
  });
  expect(await addFeed(deps, { newsletterId: '999999', url: 'https://blog.example/feed' })).toEqual({
    status: 'no-such-newsletter',
  });
  expect(await listFeeds(db, { newsletterId, now: deps.now() })).toMatchObject({
    data: [{ url: 'https://blog.example/feed' }],
    nextCursor: null,
  });
});

test('a feed that moves to another address brings no old post again', async () => {
  const { deps, add, titles, db } = await newsroom();
  const feedId = await add();
  const items: Item[] = [
    { guid: 'today', hoursAgo: 2 },
    { guid: 'last week', hoursAgo: 24 * 7 },
  ];
  site.answer = serving(rss(items));
  await pollFeed(deps, { feedId });
  expect(await updateFeed(deps, { feedId, url: `${site.url}/new` })).toMatchObject({
    status: 'updated',
    feed: { url: `${site.url}/new`, status: 'new' },
  });
  site.answer = serving(
    rss([{ guid: 'brand new', hoursAgo: 1 }, ...items, { guid: 'older', hoursAgo: 24 * 30 }]),
  );
  expect(await pollFeed(deps, { feedId })).toMatchObject({ created: 1, known: 1 });
  expect(await titles()).toEqual(['brand new', 'today']);
  expect(await getFeed(db, feedId, deps.now())).toMatchObject({ status: 'ok' });
});

test('a disabled feed is not polled; a removed one leaves its posts', async () => {
  const { deps, add, titles } = await newsroom();
  const feedId = await add();
  site.answer = serving(rss([{ guid: 'a', hoursAgo: 1 }]));
  await pollFeed(deps, { feedId });
  expect(await updateFeed(deps, { feedId, disabled: true })).toMatchObject({
    feed: { status: 'disabled', nextPollAt: null },
  });
  expect(await pollFeed(deps, { feedId })).toEqual({ status: 'disabled' });
  expect(await removeFeed(deps, { feedId })).toEqual({ status: 'removed' });
  expect(await removeFeed(deps, { feedId })).toEqual({ status: 'no-such-feed' });
  expect(await pollFeed(deps, { feedId })).toEqual({ status: 'no-such-feed' });
  expect(await titles()).toEqual(['a']);
});
