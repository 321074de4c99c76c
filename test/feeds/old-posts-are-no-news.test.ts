// Old posts that look new when sites move, feeds grow or addresses change; and new posts that look old.
import { hour } from '../../src/durations.js';
import { closeParser } from '../../src/formats/parse.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { type Entry, feedNewsroom, rss } from './feed-newsroom.js';

const database = useDatabase();
let site: FeedServer;
beforeAll(async () => {
  site = await startFeedServer((_, response) => response.end(rss([])));
});
closeAfterAll(async () => {
  await site.close();
  await closeParser();
});

const day = 24;
const serve = (entries: readonly Entry[]) => {
  site.answer = (_, response) => void response.end(rss(entries));
};
const essay = (number: number) =>
  `What ${number} people said about the harbour, its cranes, and those who paint them in spring.`;

/** A blog with a post every two days. The posts are too short to be identified by their text. */
const blog = (count: number, change: (number: number) => Partial<Entry> = () => ({})): Entry[] =>
  Array.from({ length: count }, (_, number) => ({
    guid: `https://blog.example/?p=${100 - number}`,
    link: `https://blog.example/2026/${number}`,
    title: `The ${number}th crane`,
    text: `Summary ${number}`,
    hoursAgo: number * 2 * day - 0.5,
    ...change(number),
  }));

async function followed(entries: readonly Entry[]) {
  const newsroom = await feedNewsroom(database.db);
  const feedId = await newsroom.add(`${site.url}/${Math.random()}`);
  serve(entries);
  await newsroom.poll(feedId);
  newsroom.pass(hour);
  const next = (now: readonly Entry[]) => {
    serve(now);
    return newsroom.poll(feedId);
  };
  return { ...newsroom, feedId, next };
}

describe('a site that moves to another program, with new guids and paths', () => {
  const moved = (number: number): Partial<Entry> => ({
    guid: `https://blog.example/posts/${number}/`,
    link: `https://blog.example/posts/${number}/`,
  });

  test('brings nothing again, as titles and dates are the same', async () => {
    const { next } = await followed(blog(10));
    expect(await next(blog(10, moved))).toMatchObject({ created: 0, held: 0, updated: 10 });
    expect(await next(blog(10, moved))).toMatchObject({ created: 0, updated: 0 });
  });

  test('is asked about, if its dates have lost their time', async () => {
    const { next } = await followed(blog(8));
    const dated = blog(8, (number) => ({ ...moved(number), hoursAgo: number * 2 * day + 12 }));
    expect(await next(dated)).toMatchObject({ created: 0, held: 8 });
  });
});

describe('a post at another address', () => {
  const [first, ...others] = blog(5);
  const corrected = { guid: 'https://blog.example/2026/harbour', link: 'https://blog.example/2026/harbour' };
  test.each<[string, Partial<Entry>, Partial<Entry>, number]>([
    ['with the same title and date is the same', {}, corrected, 0],
    [
      'with a corrected title, and the same words and date, is the same',
      { text: essay(40) },
      { ...corrected, title: 'The harbour', text: essay(40) },
      0,
    ],
    [
      'with title, address and a word corrected is the same',
      { title: 'Harbor reopens', text: 'The harbor is open again' },
      { ...corrected, title: 'Harbour reopens', text: 'The harbour is open again' },
      0,
    ],
    [
      'with all of it corrected, but a long text, is the same',
      { title: 'Harbor reopens', text: essay(40) },
      { ...corrected, title: 'What the painters of the cranes said', text: essay(400) },
      0,
    ],
    [
      'with another number in its title is another',
      { title: 'Photo 12', text: 'A gull' },
      { ...corrected, title: 'Photo 13', text: 'A gull' },
      1,
    ],
    ['with another title and few words is another', {}, { ...corrected, title: 'The harbour' }, 1],
    ['with another date is another', {}, { ...corrected, hoursAgo: -0.6 }, 1],
    [
      'of the same day and a title that many have is another',
      { title: 'Photo', hoursAgo: -12, text: 'A gull' },
      { ...corrected, title: 'Photo', hoursAgo: -12, text: 'A boat' },
      1,
    ],
  ])('%s', async (_, before, after, created) => {
    const { next } = await followed([{ ...(first as Entry), ...before }, ...others]);
    const changed = { ...(first as Entry), ...before, ...after };
    expect(await next([changed, ...others])).toMatchObject({ created, updated: 1 - created });
  });

  test('is another while the feed lists both', async () => {
    const { next } = await followed(blog(5));
    expect(await next([{ ...(first as Entry), ...corrected }, ...blog(5)])).toMatchObject({ created: 1 });
  });

  test('is another under a title that the feed repeats', async () => {
    const weekly = (number: number): Partial<Entry> => ({ title: 'Weekly notes', text: `Week ${number}` });
    const { next } = await followed(blog(5, weekly));
    const again = { ...(first as Entry), ...weekly(90), ...corrected };
    expect(await next([again, ...blog(5, weekly).slice(1)])).toMatchObject({ created: 1 });
  });
});

describe('a feed that lists more than before', () => {
  test('shows its older posts, which are known', async () => {
    const { next, titles } = await followed(blog(10));
    const today: Entry = { guid: 'today', hoursAgo: -1 };
    expect(await next([today, ...blog(20)])).toMatchObject({ created: 1, held: 0, known: 10 });
    expect(await titles()).toEqual(['today', 'The 0th crane']);
    expect(await next([today, ...blog(20)])).toMatchObject({ created: 0, known: 0 });
  });

  test('two or more posts from before the feed was added are asked about, while new ones go their way', async () => {
    const { next, titles } = await followed(blog(5));
    const between = (number: number) => blog(5)[number]?.hoursAgo ?? 0;
    const old: Entry[] = [1, 2].map((number) => ({ guid: `old-${number}`, hoursAgo: between(number) + 1 }));
    expect(await next([{ guid: 'today', hoursAgo: -1 }, ...blog(5), ...old])).toMatchObject({
      created: 1,
      held: 2,
    });
    expect(await titles('held')).toEqual(['old-1', 'old-2']);
  });
});

test.each([
  ['older than everything', 400 * day],
  ['between others', 5 * day],
])('a post that its author dates back is news: %s', async (_, hoursAgo) => {
  const { next, titles } = await followed(blog(5));
  expect(await next([...blog(5), { guid: 'late', title: 'Late', hoursAgo }])).toMatchObject({
    created: 1,
    held: 0,
    known: 0,
  });
  expect(await titles()).toEqual(['Late', 'The 0th crane']);
});

test('new posts without dates are news, also above old posts', async () => {
  const { poll, feedId } = await followed(blog(5));
  const undated = ['a', 'b', 'c'].map((guid) => `<item><guid>${guid}</guid><title>${guid}</title></item>`);
  site.answer = (_, response) => void response.end(rss(blog(5), undated.join('')));
  expect(await poll(feedId)).toMatchObject({ created: 3, held: 0 });
});

test('an archive that was imported on one day does not let an archive pass', async () => {
  const imported = blog(100, (number) => ({ hoursAgo: 30 * day + number / 60 }));
  const { next } = await followed(imported);
  const many = Array.from({ length: 40 }, (_, index): Entry => ({
    guid: `m${index}`,
    hoursAgo: -index / 60,
  }));
  expect(await next([...many, ...imported])).toMatchObject({ created: 0, held: 40 });
});

test('a busy site may bring as many as on its first day', async () => {
  const today = Array.from({ length: 20 }, (_, index): Entry => ({ guid: `a${index}`, hoursAgo: index / 2 }));
  const { next } = await followed(today);
  const more = today.map(({ guid }, index): Entry => ({ guid: `b${guid}`, hoursAgo: -index / 60 }));
  expect(await next([...more, ...today])).toMatchObject({ created: 20, held: 0 });
});
