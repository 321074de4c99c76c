// What a person sets for a feed that no general rule fits: a cookie, a header, no cache, a rule of identity.
import { hour } from '../../src/durations.js';
import type { FeedSettings } from '../../src/feeds/request-settings.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { pollFeed } from '../../src/feeds/poll-feed.js';
import { updateFeed } from '../../src/feeds/update-feed.js';
import { closeParser } from '../../src/formats/parse.js';
import type { IdentityRule } from '../../src/posts/identity/rule.js';
import { openSecrets } from '../../src/secrets.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { feedNewsroom, start } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
let other: FeedServer;
let document: string;
beforeAll(async () => {
  site = await startFeedServer((_, response) => response.end(document));
  other = await startFeedServer((_, response) => response.end(document));
});
closeAfterAll(async () => {
  await site.close();
  await other.close();
  await closeParser();
});
beforeEach(() => {
  document = rss();
  site.answer = (_, response) => void response.end(document);
  site.requests.length = 0;
  other.requests.length = 0;
});

interface Item {
  guid?: string;
  link?: string;
  title: string;
  text?: string;
  hoursAgo?: number;
}

const rss = (...items: Item[]): string =>
  `<rss version="2.0"><channel><title>T</title>${items
    .map(
      ({ guid, link, title, text = '', hoursAgo = 1 }) =>
        `<item>${guid === undefined ? '' : `<guid isPermaLink="false">${guid}</guid>`}${
          link === undefined ? '' : `<link>https://a.example${link}</link>`
        }<title>${title}</title><description>${text}</description><pubDate>${new Date(
          start.getTime() - hoursAgo * hour,
        ).toUTCString()}</pubDate></item>`,
    )
    .join('')}</channel></rss>`;

async function room(settings: FeedSettings = {}) {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/${Math.random()}`);
  const set = (change: FeedSettings & { url?: string }) => updateFeed(newsroom.deps, { feedId, ...change });
  await set(settings);
  const next = (...items: Item[]) => {
    document = rss(...items);
    newsroom.pass(hour);
    return newsroom.poll(feedId);
  };
  const feed = () => getFeed(newsroom.db, feedId, newsroom.deps.now());
  return { ...newsroom, feedId, set, next, feed };
}

test('a feed is asked again after the interval that a person chose, and later if its server wants that', async () => {
  const { set, next, feed, deps } = await room();
  const wait = async () =>
    (new Date((await feed())?.nextPollAt ?? '').getTime() - deps.now().getTime()) / 60_000;
  await next({ title: 'A' });
  expect(await wait()).toBe(10);
  await set({ pollMinutes: 180 });
  await next({ title: 'B' });
  expect(await wait()).toBe(180);
  await set({ pollMinutes: 5 });
  site.answer = (_, response) =>
    void response.setHeader('Cache-Control', 'max-age=1800').end(rss({ title: 'C' }));
  await next({ title: 'C' });
  expect(await wait()).toBe(30);
  for (const pollMinutes of [4, 1441, 7.5, Number.NaN])
    expect(await set({ pollMinutes })).toMatchObject({ status: 'refused', path: 'pollMinutes' });
  await set({ pollMinutes: null });
  expect((await feed())?.pollMinutes).toBeNull();
});

describe('a cookie and a header', () => {
  const cookie = 'session=very-secret';
  const header = { name: 'X-Key', value: 'also-secret' };

  test('go to the feed’s server, not to another by a redirect, and nothing shows or stores them', async () => {
    const { feedId, next, feed, db, poll } = await room({ cookie, header });
    await next({ title: 'A' });
    expect(site.requests.at(-1)?.headers).toMatchObject({ cookie, 'x-key': header.value });
    expect(await feed()).toMatchObject({ status: 'ok', hasCookie: true, header: 'X-Key' });
    const row = await db.one<object>('select * from feeds where id = $1', [feedId]);
    const shown = JSON.stringify([await feed(), row, Object.values(row).map(String)]);
    expect(shown).not.toMatch(/secret"|very-secret|also-secret/);

    site.answer = (_, response) => void response.writeHead(302, { location: `${other.url}/feed` }).end();
    expect(await poll(feedId)).toMatchObject({ status: 'polled' });
    expect(other.requests).toHaveLength(1);
    expect(other.requests[0]?.headers).not.toHaveProperty('cookie');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-key');
  });

  test('stay behind when the feed moves to another server', async () => {
    const { feedId, feed, poll, set } = await room({ cookie, header });
    const moved = `${other.url}/${feedId}`;
    site.answer = (_, response) => void response.writeHead(301, { location: moved }).end();
    expect(await poll(feedId)).toMatchObject({ movedTo: moved });
    await poll(feedId);
    expect(other.requests).toHaveLength(2);
    for (const { headers } of other.requests) expect(headers).not.toHaveProperty('cookie');
    expect((await feed())?.health).toMatch(/was set for http:\S+, and is not sent to the feed’s new address/);
    // A new cookie is for the new server. The old header is dropped, not sent there.
    await set({ cookie: 'new=1' });
    await poll(feedId);
    expect(other.requests.at(-1)?.headers).toMatchObject({ cookie: 'new=1' });
    expect(other.requests.at(-1)?.headers).not.toHaveProperty('x-key');
  });

  test('are removed by null, and kept by anything else', async () => {
    const { feedId, poll, set, feed } = await room({ cookie, header });
    await set({ header: null, withoutCache: true });
    await poll(feedId);
    expect(site.requests.at(-1)?.headers).toMatchObject({ cookie });
    expect(site.requests.at(-1)?.headers).not.toHaveProperty('x-key');
    await set({ cookie: null });
    expect(await feed()).toMatchObject({ hasCookie: false, header: null, withoutCache: true });
  });

  test('that a lost SECRET_KEY sealed are asked for again', async () => {
    const { feedId, deps } = await room({ cookie });
    const secrets = openSecrets('another key of 32 characters, at least');
    expect(await pollFeed({ ...deps, secrets }, { feedId })).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/SECRET_KEY was replaced/),
    });
    expect(site.requests).toHaveLength(0);
  });

  test.each<[string, FeedSettings]>([
    ['cookie', { cookie: 'a=1\r\nx: y' }],
    ['cookie', { cookie: '' }],
    ['header.name', { header: { name: 'Host', value: 'x' } }],
    ['header.name', { header: { name: 'If-None-Match', value: 'x' } }],
    ['header.name', { header: { name: 'a b', value: 'x' } }],
    ['header.value', { header: { name: 'x', value: 'a\nb' } }],
  ])('refused, naming %s: %j', async (path, settings) => {
    const { set } = await room();
    expect(await set(settings)).toMatchObject({ status: 'refused', path });
  });
});

test('without cache, no poll sends validators', async () => {
  const { feedId, deps, pass } = await room({ withoutCache: true });
  site.answer = (_, response) => void response.writeHead(200, { etag: '"1"' }).end(document);
  for (let polls = 0; polls < 3; polls += 1) {
    await pollFeed(deps, { feedId, onlyIfDue: true });
    pass(hour);
  }
  expect(site.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(site.requests.at(-1)?.headers).toMatchObject({ 'cache-control': 'no-cache' });
});

test('what software puts around posts is kept or removed, and no post becomes news by the switch', async () => {
  const feed = await room();
  const prose = '&lt;p&gt;The heron stood on the lock gate until the last boat had passed.&lt;/p&gt;'.repeat(
    5,
  );
  const bar =
    '&lt;div class="sharedaddy"&gt;&lt;h3&gt;Share this:&lt;/h3&gt;&lt;ul&gt;&lt;li&gt;&lt;a href="https://a.example/?share=x"&gt;Tweet&lt;/a&gt;&lt;/li&gt;&lt;/ul&gt;&lt;/div&gt;';
  // Of the third, only the title and the words name it: it has neither guid nor a link of its own.
  const items: Item[] = [
    { guid: '1', link: '/1', title: 'With a guid', text: `${prose}${bar}` },
    { link: '/2', title: 'With a link', text: `${prose}${bar}` },
    { title: 'With words alone', text: `${prose}${bar}`, hoursAgo: 3 },
    { title: 'The heron is back', text: `A short note.${bar}`, hoursAgo: 4 },
  ];
  const stored = () =>
    feed.db.query<{ html: string; text: string; excerpt: string }>(
      `select html, text, excerpt from posts where feed_id = $1 order by id`,
      [feed.feedId],
    );
  expect(await feed.next(...items)).toMatchObject({ created: 4 });
  const before = await stored();
  for (const { html } of before) expect(html).not.toContain('Tweet');
  for (const keepFurniture of [true, false]) {
    await feed.set({ keepFurniture });
    expect(await feed.next(...items)).toMatchObject({ created: 0, held: 0, known: 0, updated: 4 });
    const after = await stored();
    for (const { html } of after) expect(html.includes('Tweet')).toBe(keepFurniture);
    const words = (posts: typeof before) => posts.map(({ text, excerpt }) => [text, excerpt]);
    expect(words(after)).toEqual(words(before));
  }
});

describe('a rule of identity', () => {
  // The usual rules take "next" for a version of "first", or for another post, against the person's knowledge.
  const cases: [IdentityRule, Item, Item, Item][] = [
    [
      'guid',
      { guid: '1', link: '/today', title: 'Menu' },
      { guid: '2', link: '/today', title: 'Menu' },
      { guid: '1', link: '/x', title: 'Changed', text: 'All new', hoursAgo: 2 },
    ],
    [
      'link',
      { guid: '0', link: '/1', title: 'Photo' },
      { guid: '0', link: '/2', title: 'Photo' },
      { guid: '9', link: '/1', title: 'Changed', text: 'All new', hoursAgo: 2 },
    ],
    [
      'title',
      { guid: '0', link: '/today', title: 'Monday' },
      { guid: '0', link: '/today', title: 'Tuesday' },
      { guid: '9', link: '/9', title: 'Monday', text: 'All new', hoursAgo: 2 },
    ],
  ];

  test.each(cases)('%s alone decides', async (identity, first, next, version) => {
    const feed = await room({ identity });
    expect(await feed.next(first)).toMatchObject({ created: 1 });
    expect(await feed.next(next)).toMatchObject({ created: 1, updated: 0 });
    expect(await feed.next(next, version)).toMatchObject({ created: 0, updated: 1 });
    expect(await feed.next(next, version)).toMatchObject({ created: 0, updated: 0 });
  });

  test.each(cases)('%s, set later or taken away, makes nothing old news', async (identity, first, next) => {
    const feed = await room();
    const [plain, more] = [
      { guid: 'p', link: '/p', title: 'Plain' },
      { guid: 'q', link: '/q', title: 'More' },
    ];
    expect(await feed.next(first, plain)).toMatchObject({ created: 2 });
    await feed.set({ identity });
    expect(await feed.next(first, plain)).toMatchObject({ created: 0 });
    expect(await feed.next(next, first, plain, more)).toMatchObject({ created: 2 });
    await feed.set({ identity: null });
    expect(await feed.next(next, first, plain, more)).toMatchObject({ created: 0, known: 0, held: 0 });
  });

  test('a post that another feed brought is no news', async () => {
    const feed = await room({ identity: 'title' });
    const second = await feed.add(`${site.url}/second`);
    document = rss({ guid: 'https://a.example/1', link: '/1', title: 'Monday' });
    expect(await feed.poll(second)).toMatchObject({ created: 1 });
    expect(await feed.next({ guid: 'https://a.example/1', link: '/1', title: 'Monday!' })).toMatchObject({
      created: 0,
    });
  });
});
