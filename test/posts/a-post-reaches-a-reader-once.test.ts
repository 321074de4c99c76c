// The ledger on a real database: each reader gets a post once.
import { getPostEdits } from '../../src/posts/get-post.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { useDatabase } from '../support/fixture.js';
import { hoursAgo, ledgerNewsroom } from './ledger-newsroom.js';

const longText = 'Forty-two words about the harbour, its cranes and the people who paint them. '.repeat(5);

const database = useDatabase();
const newsroom = () => ledgerNewsroom(database.db);

const harbour: IncomingPost = {
  guid: 'https://blog.example/?p=1',
  url: 'https://blog.example/2026/harbour',
  title: 'The harbour',
  html: `<p>${longText}</p>`,
  publishedAt: hoursAgo(2),
};

test('new posts take consecutive numbers, the oldest first', async () => {
  const { poll, ledger, seq } = await newsroom();
  const result = await poll([
    { guid: 'c', title: 'Newest', publishedAt: hoursAgo(1) },
    { guid: 'b', title: 'Middle', publishedAt: hoursAgo(2) },
    { guid: 'a', title: 'Oldest', publishedAt: hoursAgo(3) },
  ]);
  expect(result).toMatchObject({ found: 3, created: 3, known: 0, updated: 0, unchanged: 0, duplicates: 0 });
  expect((await ledger()).map(({ title, seq: own }) => [title, own])).toEqual([
    ['Oldest', '1'],
    ['Middle', '2'],
    ['Newest', '3'],
  ]);
  expect(await seq()).toBe('3');
});

describe('the same post again', () => {
  test.each<[string, Partial<IncomingPost>]>([
    ['unchanged', {}],
    ['with a new date', { publishedAt: hoursAgo(0) }],
    ['without its date', { publishedAt: undefined as never }],
    ['with another text and title', { title: 'The harbour, corrected', html: '<p>All new.</p>' }],
    ['with its guid on another host', { guid: 'https://cdn.example/?p=1' }],
    ['with another guid', { guid: 'f3a9' }],
    ['at another address', { url: 'https://blog.example/harbour-2' }],
    ['with tracking parameters, over https', { url: 'http://www.blog.example/2026/harbour/?utm_source=rss' }],
    ['republished under a new guid and address', { guid: 'f3a9', url: 'https://blog.example/again' }],
    ['on another host', { guid: 'https://new.example/?p=1', url: 'https://new.example/2026/harbour' }],
    [
      'on another host, with another text',
      { guid: 'https://new.example/?p=1', url: 'https://new.example/2026/harbour', html: '<p>All new.</p>' },
    ],
  ])('%s is no news', async (_, change) => {
    const { poll, ledger, seq } = await newsroom();
    await poll([harbour]);
    const again = Object.fromEntries(
      Object.entries({ ...harbour, ...change }).filter(([, value]) => value !== undefined),
    ) as unknown as IncomingPost;
    const result = await poll([again]);
    expect(result).toMatchObject({ found: 1, created: 0, known: 0, duplicates: 0 });
    expect(result.updated + result.unchanged).toBe(1);
    expect(await ledger()).toHaveLength(1);
    expect(await seq()).toBe('1');
    // A third time, in its first form.
    expect(await poll([harbour])).toMatchObject({ created: 0 });
    expect(await seq()).toBe('1');
  });

  const menu: IncomingPost = {
    guid: 'https://menu.example/today#1',
    url: 'https://menu.example/today',
    title: 'Menu Monday',
    html: '<p>Soup</p>',
    publishedAt: hoursAgo(30),
  };
  const anew = { title: 'Menu Tuesday', html: '<p>Fish</p>', publishedAt: hoursAgo(6) };
  test.each<[string, Partial<IncomingPost>, number]>([
    ['a new guid, title and date is another post', { ...anew, guid: 'menu-2' }, 1],
    [
      'a new guid and title, but the same date, is the same',
      { ...anew, guid: 'm', publishedAt: hoursAgo(30) },
      0,
    ],
    ['a new guid and date, but the same title, is the same', { ...anew, guid: 'm', title: 'Menu Monday' }, 0],
    ['all new but the guid is the same', anew, 0],
    ['a guid that counts versions, and all new, is the same', { ...anew, guid: `${menu.url}#2` }, 0],
    ['all new, without a guid, is the same', { ...anew, guid: undefined as never }, 0],
  ])('at one address: %s', async (_, change, created) => {
    const { poll } = await newsroom();
    await poll([menu]);
    const next = Object.fromEntries(
      Object.entries({ ...menu, ...change }).filter(([, value]) => value !== undefined),
    ) as unknown as IncomingPost;
    expect(await poll([next])).toMatchObject({ created, updated: 1 - created });
    expect(await poll([next])).toMatchObject({ created: 0, unchanged: 1 });
  });

  test('at one address in two feeds, with other titles and dates, is one', async () => {
    const { poll, newFeed } = await newsroom();
    const planet = await newFeed();
    await poll([menu]);
    expect(await poll([{ ...menu, ...anew, guid: 'planet-1' }], { feed: planet })).toMatchObject({
      created: 0,
    });
  });

  test('edited: the new words are kept, the number stays', async () => {
    const { poll, ledger } = await newsroom();
    await poll([harbour]);
    expect(
      await poll([{ ...harbour, title: 'Corrected', html: '<p>New <script>x</script></p>' }]),
    ).toMatchObject({
      updated: 1,
      unchanged: 0,
    });
    expect(await ledger()).toEqual([
      { title: 'Corrected', state: 'eligible', seq: '1', html: '<p>New </p>' },
    ]);
    expect(await poll([{ ...harbour, title: 'Corrected', html: '<p>New </p>' }])).toMatchObject({
      updated: 0,
      unchanged: 1,
    });
  });

  test('twice in the same document is one, and the input learns which', async () => {
    const { poll, ledger } = await newsroom();
    const result = await poll([harbour, { guid: 'other', title: 'Other' }, { ...harbour, guid: 'again' }]);
    expect(result).toMatchObject({ found: 3, created: 2, duplicates: 1 });
    expect(result.postIds[0]).toBe(result.postIds[2]);
    expect(result.postIds[1]).not.toBe(result.postIds[0]);
    expect(await ledger()).toHaveLength(2);
  });

  test('in two feeds of a newsletter is one, which keeps the words of the first', async () => {
    const { poll, ledger, newFeed } = await newsroom();
    const second = await newFeed();
    await poll([harbour]);
    const result = await poll([{ ...harbour, guid: 'tag:planet.example,2026:9', title: 'Harbour' }], {
      feed: second,
    });
    expect(result).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
    expect((await ledger()).map(({ title }) => title)).toEqual(['The harbour']);
  });

  test('in two newsletters is news in both', async () => {
    const one = await newsroom();
    const two = await newsroom();
    expect(await one.poll([harbour])).toMatchObject({ created: 1 });
    expect(await two.poll([harbour])).toMatchObject({ created: 1 });
  });

  test('by many polls at once is one', async () => {
    const { poll, ledger, seq } = await newsroom();
    const results = await Promise.all(
      Array.from({ length: 8 }, () => poll([harbour, { guid: 'b', title: 'B' }])),
    );
    expect(results.map(({ created }) => created).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 0, 0, 2]);
    expect(await ledger()).toHaveLength(2);
    expect(await seq()).toBe('2');
  });

  test('pushed through the API and polled is one; the API may edit it', async () => {
    const { poll, push, ledger } = await newsroom();
    await poll([harbour]);
    expect(await push([{ ...harbour, title: 'By hand' }])).toMatchObject({ created: 0, updated: 1 });
    expect((await ledger()).map(({ title }) => title)).toEqual(['By hand']);
  });
});

describe('other posts are never lost', () => {
  test('late and back-dated posts are news', async () => {
    const { poll } = await newsroom();
    await poll([harbour], { firstPoll: true });
    const result = await poll([
      harbour,
      { guid: 'late', title: 'Late', publishedAt: new Date('2019-01-01') },
    ]);
    expect(result).toMatchObject({ created: 1, known: 0 });
  });

  test('opaque guids of two feeds do not meet', async () => {
    const { poll, newFeed } = await newsroom();
    const second = await newFeed();
    expect(await poll([{ guid: '1', title: 'One' }])).toMatchObject({ created: 1 });
    expect(await poll([{ guid: '1', title: 'Another one' }], { feed: second })).toMatchObject({ created: 1 });
  });

  test('a feed that gathers two hosts keeps their posts apart', async () => {
    const { poll } = await newsroom();
    const weekly = { title: 'Weekly notes' };
    await poll([
      { ...weekly, url: 'https://a.example/notes/1' },
      { title: 'B', url: 'https://b.example/x' },
    ]);
    const result = await poll([
      { ...weekly, url: 'https://b.example/notes/1' },
      { title: 'A again', url: 'https://a.example/y' },
    ]);
    expect(result).toMatchObject({ created: 2 });
  });

  test('the items of a change log that link to one page are all news, once', async () => {
    const { poll } = await newsroom();
    const release = (version: number) => ({
      guid: `v${version}`,
      url: `https://a.example/changes#v${version}`,
      title: `Version ${version}`,
    });
    expect(await poll([release(2), release(1)])).toMatchObject({ created: 2 });
    expect(await poll([release(3), release(2), release(1)])).toMatchObject({ created: 1, unchanged: 2 });
  });

  test('posts without guid, address and much text are news, once', async () => {
    const { poll } = await newsroom();
    expect(await poll([{ title: 'Short' }])).toMatchObject({ created: 1 });
    expect(await poll([{ title: 'Shorter' }, { title: 'Short' }])).toMatchObject({
      created: 1,
      unchanged: 1,
    });
  });

  test('a post that takes over the address of another one is new', async () => {
    const { poll } = await newsroom();
    await poll([{ guid: '1', url: 'https://a.example/today', title: 'Monday' }]);
    const result = await poll([
      { guid: '2', url: 'https://a.example/today', title: 'Tuesday' },
      { guid: '1', url: 'https://a.example/monday', title: 'Monday' },
    ]);
    expect(result).toMatchObject({ created: 1, updated: 1 });
  });
});

test('when a feed is added, its posts older than a day are known and never become news', async () => {
  const { poll, ledger, seq } = await newsroom();
  const document: IncomingPost[] = [
    { guid: '3', title: 'Today', publishedAt: hoursAgo(3) },
    { guid: '2', title: 'Undated, above one of yesterday evening' },
    { guid: '1', title: 'Yesterday evening', publishedAt: hoursAgo(20) },
    { guid: '0', title: 'Last week', publishedAt: hoursAgo(24 * 7) },
  ];
  expect(await poll(document, { firstPoll: true })).toMatchObject({ created: 3, known: 1 });
  expect((await ledger()).map(({ title, seq: own }) => [title, own])).toEqual([
    ['Last week', null],
    ['Yesterday evening', '1'],
    ['Undated, above one of yesterday evening', '2'],
    ['Today', '3'],
  ]);
  // The post is edited and has a new date, but is still known.
  expect(await poll([{ guid: '0', title: 'Last week, new', publishedAt: hoursAgo(1) }])).toMatchObject({
    created: 0,
    updated: 1,
  });
  expect(await seq()).toBe('3');
});

test('a post with a table, whose excerpt was cut differently before, is neither new nor edited', async () => {
  const { db, newsletterId, poll, ledger } = await newsroom();
  const menu = {
    title: 'Menu',
    html: `<table><tr><td>Monday</td><td>Lentil</td></tr></table><p>${longText}</p>`,
  };
  const [id = ''] = (await poll([menu])).postIds;
  await db.query(`update posts set excerpt = 'MondayLentil ' || excerpt where newsletter_id = $1`, [
    newsletterId,
  ]);
  expect(await poll([menu])).toMatchObject({ created: 0, updated: 1 });
  expect(await ledger()).toHaveLength(1);
  expect(await getPostEdits(db, id)).toEqual([]);
  expect(await poll([menu])).toMatchObject({ created: 0, updated: 0 });
});

test('a hostile post is stored harmless', async () => {
  const { push, ledger } = await newsroom();
  await push([
    {
      guid: '\u0000x',
      title: 'a\u0000b \u202Egnp\ud800 <script>',
      html: '<p onclick="x">\u0000<script>alert(1)</script>text</p>',
      author: 'x\ny',
      topics: Array.from({ length: 500 }, (_, index) => `t${index}`),
    },
  ]);
  expect(await ledger()).toEqual([
    { title: 'ab gnp <script>', state: 'eligible', seq: '1', html: '<p>text</p>' },
  ]);
});

test('a post whose text changes at every poll does not fill the table of names', async () => {
  const { db, newsletterId, poll } = await newsroom();
  for (let views = 0; views < 60; views += 1)
    await poll([{ ...harbour, html: `<p>${longText} ${views} views</p>` }]);
  const { count } = await db.one<{ count: number }>(
    'select count(*)::int as count from post_identities where newsletter_id = $1',
    [newsletterId],
  );
  expect(count).toBeLessThan(110);
});
