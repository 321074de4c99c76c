// Completing one reading of a document from another: a post gets nothing that belongs to another post.
import { complete } from '../../src/formats/complete.js';
import type { FeedItem } from '../../src/formats/document.js';
import { closeParser, type ParsedFeed } from '../../src/formats/parse.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { read, rss, url } from './parse-support.js';

afterAll(closeParser);

describe('from two readings of a document', () => {
  // feedparser counts an empty item, feedsmith does not.
  const day = (name: string, rest = '') =>
    `<item><title>${name}</title>${rest}<description>The menu</description></item>`;
  const monday = day(
    'Monday',
    '<link>https://site.example/mon</link><pubDate>Mon, 23 Nov 2026 07:00:00 GMT</pubDate>',
  );
  const full = (posts: ParsedFeed['posts']) =>
    posts.map(({ title, url: link, publishedAt }) => [title, link, publishedAt?.getUTCDate() ?? null]);

  test('no post gets the address or date of another whose text is alike', async () => {
    const { posts } = await read(rss(`${monday}<item/>${day('Tuesday')}${day('Wednesday')}`));
    expect(full(posts)).toEqual([
      ['Monday', 'https://site.example/mon', 23],
      ['Tuesday', null, null],
      ['Wednesday', null, null],
    ]);
  });

  test.each([
    ['RSS', rss('<item><title>A</title><link>https://site.example/today</link></item>'.repeat(2))],
    [
      'Atom',
      '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>A</title><link href="https://site.example/today"/></entry></feed>',
    ],
    [
      'damaged RSS',
      '<rss><channel><title>T</title><item><title>A & B</title><link>https://site.example/today</link></channel>',
    ],
  ])('a post without guid gets none, although feedparser takes its link: %s', async (_, document) => {
    const { posts } = await read(document);
    expect(new Set(posts.map(({ guid, url: link }) => [guid, link].join()))).toEqual(
      new Set([',https://site.example/today']),
    );
  });

  test('no post gets the title of another', async () => {
    const untitled = '<item><guid isPermaLink="false">2</guid><description>The menu</description></item>';
    const { posts } = await read(rss(`${monday}<item/>${untitled}`));
    expect(full(posts)).toEqual([
      ['Monday', 'https://site.example/mon', 23],
      ['The menu', null, null],
    ]);
  });

  const at = (post: Partial<IncomingPost>): FeedItem => ({ base: url, post: { title: '', ...post } });
  test.each<[string, Partial<IncomingPost>, Partial<IncomingPost>, string | undefined]>([
    ['guid', { guid: '1' }, { guid: '1' }, 'x'],
    ['address', { url: 'https://site.example/1' }, { url: 'https://site.example/1' }, 'x'],
    ['title', { title: 'One' }, { title: 'One' }, 'x'],
    ['text', { html: 'One' }, { html: 'One' }, 'x'],
    [
      'title, but not if the guid differs',
      { guid: '1', title: 'One' },
      { guid: '2', title: 'One' },
      undefined,
    ],
    [
      'text, but not if the title differs',
      { title: 'A', html: 'One' },
      { title: 'B', html: 'One' },
      undefined,
    ],
  ])('an item is known by its %s', (_, own, theirs, author) => {
    const others = [at({ title: 'Another' }), at({ ...theirs, author: 'x' })];
    expect(complete([at(own)], others)[0]?.post.author).toBe(author);
  });
});
