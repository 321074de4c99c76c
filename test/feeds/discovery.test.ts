// Discovery of a site's feeds.
import { discoverFeeds } from '../../src/feeds/discover-feeds.js';
import { readPageLinks } from '../../src/formats/page-links.js';
import { closeParser } from '../../src/formats/parse.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { rss } from './feed-newsroom.js';
import { cpuTime } from '../support/cpu-time.js';

afterAll(closeParser);

let site: FeedServer;
/** The document at each path, with headers. */
let paths: Record<string, string | [string, Record<string, string>]>;
beforeEach(async () => {
  paths = {};
  site = await startFeedServer((request, response) => {
    const found = paths[request.url ?? ''];
    if (found === undefined) response.writeHead(404).end('<html>404</html>');
    else if (typeof found === 'string') response.end(found);
    else response.writeHead(200, found[1]).end(found[0]);
  });
});
afterEach(() => site.close());

const deps = { baseUrl: 'https://digest.example', allowPrivateFeeds: ['127.0.0.1'] };
const discover = async (path = '/') => discoverFeeds(deps, { url: `${site.url}${path}` });
const urls = async (path?: string) => {
  const result = await discover(path);
  return result.status === 'found'
    ? result.feeds.map(({ url }) => url.replace(site.url, ''))
    : result.problem.detail;
};
const link = (href: string, type = 'application/rss+xml', title = 'x') =>
  `<link rel="alternate" type="${type}" title="${title}" href="${href}">`;
const page = (head: string, body = '') =>
  `<!doctype html><html><head>${head}</head><body>${body}</body></html>`;

test('a feed’s own address is that feed', async () => {
  paths['/feed.xml'] = rss([
    { guid: 'a', hoursAgo: 2 },
    { guid: 'b', hoursAgo: 1 },
  ]);
  expect(await discover('/feed.xml')).toEqual({
    status: 'found',
    problem: null,
    feeds: [
      {
        url: `${site.url}/feed.xml`,
        title: 'The Harbour Blog',
        kind: 'rss',
        posts: 2,
        newest: new Date('2026-11-23T11:00:00Z'),
      },
    ],
  });
});

test('a page’s feeds are offered as it names them, comments last, and only those that work', async () => {
  paths = {
    '/blog/': page(
      link('comments/feed/') +
        link('/dead.xml') +
        link('main.xml?a=1&amp;b=2') +
        link('/f.json', 'application/feed+json'),
    ),
    '/blog/comments/feed/': rss([{ guid: 'c' }]),
    '/blog/main.xml?a=1&b=2': rss([{ guid: 'a' }]),
    '/f.json': '{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[]}',
  };
  expect(await urls('/blog/')).toEqual(['/blog/main.xml?a=1&b=2', '/f.json', '/blog/comments/feed/']);
});

test('a feed that the page does not name is found in the usual places', async () => {
  paths = { '/about/us': page(''), '/atom.xml': rss([{ guid: 'a' }]) };
  expect(await urls('/about/us')).toEqual(['/atom.xml']);
});

test('links in the text and in the header count', async () => {
  paths = { '/': page('', '<a class=x href=/posts.rss>RSS</a>'), '/posts.rss': rss([{ guid: 'a' }]) };
  expect(await urls()).toEqual(['/posts.rss']);
  paths['/'] = [page(''), { link: '</posts.rss>; rel="alternate"; type="application/rss+xml"' }];
  expect(await urls()).toEqual(['/posts.rss']);
});

test('WordPress offers its feed and its API', async () => {
  paths = {
    '/': [page(''), { link: `<${site.url}/wp-json/>; rel="https://api.w.org/"` }],
    '/feed/': rss([{ guid: 'a' }]),
    '/wp-json/wp/v2/posts': '[{"id":1,"title":{"rendered":"a"},"link":"/1"}]',
  };
  expect(await discover()).toMatchObject({
    feeds: [
      { url: `${site.url}/feed/`, kind: 'rss' },
      { url: `${site.url}/wp-json/wp/v2/posts`, kind: 'wordpress', title: "127.0.0.1, by WordPress's API" },
    ],
  });
});

test('an address as people write it', async () => {
  paths['/feed'] = rss([]);
  const result = await discoverFeeds(deps, { url: ` ${site.url.replace('http://', '')}/feed ` });
  expect(result).toMatchObject({ feeds: [{ url: `${site.url}/feed` }] });
});

test('a page without a feed gives the reason', async () => {
  expect(await discover()).toMatchObject({
    feeds: [],
    problem: { code: 'status', detail: expect.stringContaining('404') },
  });
  paths['/'] = page('');
  expect(await discover()).toMatchObject({
    feeds: [],
    problem: { code: 'document', detail: expect.stringContaining('lists no feed') },
  });
});

describe('a hostile page', () => {
  test('leads to no private address', async () => {
    const { port } = new URL(site.url);
    paths['/'] = page(
      link(`http://[::1]:${port}/secret`) + link('file:///etc/passwd') + link('http://169.254.169.254/'),
    );
    paths['/secret'] = rss([{ guid: 'a' }]);
    expect(await urls()).toEqual([]);
    expect(site.requests.map(({ url }) => url)).not.toContain('/secret');
    for (const url of ['http://10.0.0.1/', 'ftp://a.example/', 'https://u:p@a.example/'])
      expect(await discoverFeeds(deps, { url })).toMatchObject({ status: 'refused' });
  });

  test('with a thousand feeds is asked for a few of them', async () => {
    paths['/'] = page(Array.from({ length: 1000 }, (_, index) => link(`/${index}.xml`)).join(''));
    expect(await urls()).toEqual([]);
    expect(site.requests.length).toBeLessThanOrEqual(17);
  });

  test.each([
    ['unclosed tags', '<link '.repeat(100_000)],
    ['unclosed comments', '<!-- '.repeat(100_000)],
    ['scripts', '<script '.repeat(100_000)],
    ['quotes', `<link rel="${'x" y="'.repeat(100_000)}`],
    ['long attributes', `<a href=${'x'.repeat(500_000)}>`],
  ])('of %s takes no time', async (_, html) => {
    expect(await cpuTime(() => readPageLinks(html, 'https://a.example/'))).toBeLessThan(2_000);
  });
});
