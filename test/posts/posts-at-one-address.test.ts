// Posts without guids: their link identifies them, unless it leads to a page that changes.
import type { IncomingPost } from '../../src/posts/incoming.js';
import { useDatabase } from '../support/fixture.js';
import { hoursAgo, ledgerNewsroom } from './ledger-newsroom.js';

const database = useDatabase();
const newsroom = () => ledgerNewsroom(database.db);

describe('posts without guids that share a link are all news, once', () => {
  const at = (title: string, hours: number | undefined, html: string, url = 'https://a.example/today') => ({
    title,
    url,
    html: `<p>${html}</p>`,
    ...(hours === undefined ? {} : { publishedAt: hoursAgo(hours) }),
  });
  const [soup, fish, rice] = ['Soup of leeks', 'Fish with bread', 'Rice, beans and a salad'] as const;
  test.each<[string, IncomingPost[]]>([
    ['with titles and dates', [at('Rice', -26, rice), at('Fish', -13, fish), at('Soup', 0, soup)]],
    ['with one title', [at('The menu', -26, rice), at('The menu', -13, fish), at('The menu', 0, soup)]],
    [
      'without dates',
      [at('Rice', undefined, rice), at('Fish', undefined, fish), at('Soup', undefined, soup)],
    ],
    [
      'without dates and with one title',
      [at('Menu', undefined, rice), at('Menu', undefined, fish), at('Menu', undefined, soup)],
    ],
    ['with dates without a time', [at('Rice', -12, rice), at('Fish', 12, fish), at('Soup', 12, soup)]],
    ['as headlines', [at('Week 13', -26, ''), at('Week 12', -13, ''), at('Week 11', 0, '')]],
  ])('%s', async (_, [third, second, first]) => {
    const posts = [third, second, first] as IncomingPost[];
    const together = await newsroom();
    expect(await together.poll(posts.slice(1))).toMatchObject({ created: 2, duplicates: 0 });
    expect(await together.poll(posts)).toMatchObject({ created: 1, unchanged: 2 });
    expect(await together.poll(posts)).toMatchObject({ created: 0, updated: 0 });
    // The link was shared once, so it names no post later either.
    expect(await together.poll([at('Cake', 0, 'A cake, and coffee')])).toMatchObject({ created: 1 });
    expect(await together.poll(posts)).toMatchObject({ created: 0, updated: 0 });

    // A feed that lists its latest post alone.
    const single = await newsroom();
    for (const post of posts.toReversed()) {
      expect(await single.poll([post])).toMatchObject({ created: 1, updated: 0 });
      expect(await single.poll([post])).toMatchObject({ created: 0, updated: 0 });
    }
  });

  test.each<[string, Partial<IncomingPost>]>([
    ['a corrected title', { title: 'The harbour reopened' }],
    ['a corrected text', { html: '<p>The cranes work again since noon.</p>' }],
    ['a new date', { publishedAt: hoursAgo(1) }],
    ['a new date and a corrected title', { publishedAt: hoursAgo(1), title: 'The harbour reopened' }],
  ])('but the edited post of a feed with one post is no news: %s', async (_, change) => {
    const { poll } = await newsroom();
    const post = at('The harbour reopens', 3, 'The cranes work again since today.');
    expect(await poll([post])).toMatchObject({ created: 1 });
    expect(await poll([{ ...post, ...change }])).toMatchObject({ created: 0, updated: 1 });
  });

  test('but a post at its own address is no news, whatever changes', async () => {
    const { poll } = await newsroom();
    const others = [1, 2, 3].map((number) =>
      at(`Post ${number}`, number, `Text ${number}`, `https://a.example/${number}`),
    );
    const post = at('The harbour reopens', 3, 'The cranes work again.', 'https://a.example/harbour');
    await poll([post, ...others]);
    const rewritten = { ...post, title: 'Cranes at work', html: '<p>All new, and much longer.</p>' };
    expect(await poll([rewritten, ...others])).toMatchObject({ created: 0, updated: 1 });
    const undated = { title: 'What cranes do', url: post.url, html: '<p>Without a date.</p>' };
    expect(await poll([undated, ...others])).toMatchObject({ created: 0, updated: 1 });
  });

  describe('whose links hold a session are no news', () => {
    test.each([
      ['known by name', (session: string) => `https://a.example/view?id=5&PHPSESSID=${session}`],
      ['in the path', (session: string) => `https://a.example/post;jsessionid=${session}`],
      ['known by its looks', (session: string) => `https://a.example/view?id=5&visit=${session}`],
    ])('%s', async (_, link) => {
      const { poll } = await newsroom();
      const post = (session: string) => ({
        title: 'The harbour reopens after the storm',
        url: link(session),
        html: '<p>The cranes work again.</p>',
      });
      expect(await poll([post('a1b2c3d4e5f6a7b8c9d0')])).toMatchObject({ created: 1 });
      expect(await poll([post('0d9c8b7a6f5e4d3c2b1a')])).toMatchObject({ created: 0, updated: 1 });
      const other = { ...post('ffee00112233445566aa'), title: 'Another post, about the storm itself' };
      const ownPage = { ...other, url: other.url.replace('5', '6').replace('/post', '/other') };
      expect(await poll([post('9a8b7c6d5e4f3a2b1c0d'), ownPage])).toMatchObject({ created: 1 });
    });

    test('a parameter that selects a page keeps short posts apart', async () => {
      const { poll } = await newsroom();
      const photo = (id: string) => ({ title: 'Photo', url: `https://a.example/view?id=${id}` });
      expect(await poll([photo('507f1f77bcf86cd799439011')])).toMatchObject({ created: 1 });
      const both = [photo('507f191e810c19729de860ea'), photo('507f1f77bcf86cd799439011')];
      expect(await poll(both)).toMatchObject({ created: 1, unchanged: 1 });
    });
  });

  test('the place in the page tells the releases of a change log apart', async () => {
    const { poll } = await newsroom();
    const release = (version: number, html: string) =>
      at(`Version ${version}`, undefined, html, `https://a.example/changes#v${version}`);
    expect(await poll([release(2, 'Fixes.'), release(1, 'Begins.')])).toMatchObject({ created: 2 });
    const edited = [release(3, 'More.'), release(2, 'Fixes a fault.'), release(1, 'Begins.')];
    expect(await poll(edited)).toMatchObject({ created: 1, updated: 1, unchanged: 1 });
  });
});
