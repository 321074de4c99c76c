// Polling WordPress sites through their API.
import { minute, hour } from '../../src/durations.js';
import { getFeed } from '../../src/feeds/list-feeds.js';
import { closeParser, parseFeed } from '../../src/formats/parse.js';
import { endpointsOf, siteFeedOf } from '../../src/formats/wordpress-url.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { feedNewsroom, start } from './feed-newsroom.js';

interface WpPost {
  id: number;
  /** Hours from publication to `start`. */
  hoursAgo: number;
  /** Set if the post was modified after its publication. */
  modifiedHoursAgo?: number;
  title?: string;
  comments?: number;
}

interface Site {
  posts: WpPost[];
  /** Without pretty permalinks the API is at ?rest_route=. */
  plain?: boolean;
  hasFeed?: boolean;
}

const database = useDatabase();
let server: FeedServer;
let site: Site;
closeAfterAll(closeParser);
beforeEach(async () => {
  site = { posts: [] };
  server = await startFeedServer((request, response) => {
    const url = new URL(request.url ?? '/', server.url);
    const isApi = site.plain
      ? url.searchParams.get('rest_route') === '/wp/v2/posts'
      : url.pathname === '/wp-json/wp/v2/posts';
    if (isApi) {
      const { body, pages } = listOf(url.searchParams);
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-wp-totalpages': String(pages) })
        .end(JSON.stringify(body));
    } else if (
      site.hasFeed !== false &&
      (url.pathname === '/feed/' || url.searchParams.get('feed') === 'rss2')
    )
      response.end(feedOf());
    else if (site.posts.some(({ id }) => url.pathname === `/${id}/`)) response.end('<html>a post</html>');
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<html>404</html>');
  });
});
afterEach(() => server.close());

const at = (hoursAgo: number) => start.getTime() - hoursAgo * hour;
const gmt = (time: number) => new Date(time).toISOString().slice(0, 19);
const modified = ({ hoursAgo, modifiedHoursAgo = hoursAgo }: WpPost) => at(modifiedHoursAgo);

/** Orders, filters and pages the posts as WordPress does. */
function listOf(query: URLSearchParams): { body: object[]; pages: number } {
  const perPage = Number(query.get('per_page') ?? 10);
  const after = Date.parse(query.get('modified_after') ?? '1970-01-01T00:00:00Z');
  const key = query.get('orderby') === 'modified' ? modified : ({ hoursAgo }: WpPost) => at(hoursAgo);
  const found = site.posts.filter((post) => modified(post) > after).toSorted((a, b) => key(b) - key(a));
  const page = Number(query.get('page') ?? 1);
  return {
    body: found.slice((page - 1) * perPage, page * perPage).map((post) => wpJson(post, query.has('_embed'))),
    pages: Math.ceil(found.length / perPage),
  };
}

function wpJson({ id, title = `Post ${id}`, ...post }: WpPost, embed: boolean): object {
  return {
    id,
    date_gmt: gmt(at(post.hoursAgo)),
    modified_gmt: gmt(modified({ id, ...post })),
    guid: { rendered: `${server.url}/?p=${id}` },
    link: `${server.url}/${id}/`,
    title: { rendered: title },
    content: { rendered: `<p>All of ${id}.</p><script>x</script>`, protected: false },
    excerpt: { rendered: `<p>Some of ${id} [&hellip;]</p>` },
    comment_status: 'open',
    ...(embed
      ? {
          _embedded: {
            author: [{ name: 'Zoë' }],
            'wp:featuredmedia': [
              {
                source_url: `${server.url}/${id}-full.jpg`,
                alt_text: 'A quay',
                media_details: {
                  width: 4000,
                  height: 2000,
                  sizes: {
                    large: { source_url: `${server.url}/${id}-1024.jpg`, width: 1024, height: 512 },
                    thumbnail: { source_url: `${server.url}/${id}-150.jpg`, width: 150, height: 150 },
                  },
                },
              },
            ],
            'wp:term': [
              [{ name: 'Food &amp; Drink', taxonomy: 'category' }],
              [
                { name: 'bread', taxonomy: 'post_tag' },
                { name: 'aside', taxonomy: 'post_format' },
              ],
            ],
          },
        }
      : {}),
  };
}

function feedOf(): string {
  const items = site.posts
    .toSorted((a, b) => a.hoursAgo - b.hoursAgo)
    .slice(0, 10)
    .map(
      ({ id, comments = 0 }) =>
        `<item><title>Post ${id}</title><link>${server.url}/${id}/</link><slash:comments>${comments}</slash:comments></item>`,
    );
  return `<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>The Wharf</title>${items.join('')}</channel></rss>`;
}

const daily = (count: number): WpPost[] =>
  Array.from({ length: count }, (_, index) => ({ id: 1000 - index, hoursAgo: 24 * index + 1 }));

test('a post has its author, image, terms and count of comments', async () => {
  const { db, newsletterId, add, poll } = await feedNewsroom(database.db);
  site.posts = [{ id: 7, hoursAgo: 2, title: 'Bread &#038; <em>butter</em>', comments: 12 }];
  const feedId = await add(server.url, 'wordpress');
  expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1 });
  expect(await getFeed(db, feedId, new Date())).toMatchObject({
    kind: 'wordpress',
    title: 'The Wharf',
    url: `${server.url}/wp-json/wp/v2/posts`,
    movedFrom: null,
  });
  expect((await listPosts(db, { newsletterId })).data).toMatchObject([
    {
      guid: `${server.url}/?p=7`,
      url: `${server.url}/7/`,
      title: 'Bread & butter',
      html: '<p>All of 7.</p>',
      excerpt: 'Some of 7…',
      author: 'Zoë',
      image: { url: `${server.url}/7-1024.jpg`, width: 1024, height: 512, alt: 'A quay' },
      topics: ['Food & Drink', 'bread'],
      commentCount: 12,
      publishedAt: new Date(at(2)).toISOString(),
    },
  ]);
});

test('a poll asks for a few pages, not for each post', async () => {
  const { add, poll, pass, titles } = await feedNewsroom(database.db);
  site.posts = daily(100);
  const feedId = await add(server.url, 'wordpress');
  expect(await poll(feedId)).toMatchObject({ found: 60, created: 1, known: 59 });
  pass(10 * minute);
  site.posts = [{ id: 1001, hoursAgo: -0.1 }, ...site.posts];
  server.requests.length = 0;
  expect(await poll(feedId)).toMatchObject({ created: 1, known: 0 });
  expect(server.requests).toHaveLength(3);
  expect(await titles()).toEqual(['Post 1001', 'Post 1000']);
});

test('all that came since the last poll is read, page by page', async () => {
  const { add, poll, pass } = await feedNewsroom(database.db);
  site.posts = Array.from({ length: 60 }, (_, index) => ({ id: 60 - index, hoursAgo: 1 + index / 2 }));
  const feedId = await add(server.url, 'wordpress');
  await poll(feedId);
  pass(24 * hour);
  site.posts = [
    ...Array.from({ length: 45 }, (_, index) => ({ id: 200 - index, hoursAgo: -23 + index / 2 })),
    ...site.posts,
  ];
  expect(await poll(feedId)).toMatchObject({ created: 45, held: 0 });
});

test('scheduled and back-dated posts are news; an old post that is edited is not', async () => {
  const { add, poll, pass, titles } = await feedNewsroom(database.db);
  site.posts = daily(100);
  const feedId = await add(server.url, 'wordpress');
  await poll(feedId);
  pass(10 * minute);
  site.posts = [
    // Written three days ago and not "modified" since.
    { id: 850, hoursAgo: -0.1, modifiedHoursAgo: 72, title: 'Scheduled' },
    { id: 1002, hoursAgo: 24 * 50, modifiedHoursAgo: -0.1, title: 'Back-dated' },
    ...site.posts.map((post) =>
      post.id === 910 || post.id === 1000
        ? { ...post, modifiedHoursAgo: -0.1, title: `Edited ${post.id}` }
        : post,
    ),
  ];
  expect(await poll(feedId)).toMatchObject({ created: 2, known: 1, updated: 1 });
  expect((await titles()).toSorted()).toEqual(['Back-dated', 'Edited 1000', 'Scheduled']);
});

test('without pretty permalinks the API is found all the same', async () => {
  const { db, add, poll } = await feedNewsroom(database.db);
  site = { posts: [{ id: 1, hoursAgo: 1, comments: 3 }], plain: true };
  const feedId = await add(`${server.url}/`, 'wordpress');
  expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1 });
  expect((await getFeed(db, feedId, new Date()))?.url).toBe(`${server.url}/?rest_route=/wp/v2/posts`);
});

test('the address of the API needs no kind, and keeps what it asks for', async () => {
  const { db, add, poll } = await feedNewsroom(database.db);
  site.posts = [{ id: 1, hoursAgo: 1 }];
  const feedId = await add(`${server.url}/wp-json/wp/v2/posts?categories=3`);
  expect(await poll(feedId)).toMatchObject({ status: 'polled', created: 1 });
  expect(await getFeed(db, feedId, new Date())).toMatchObject({ kind: 'wordpress' });
  expect(server.requests[0]?.url).toContain('categories=3');
});

test('its posts are those of the site’s RSS feed', async () => {
  const { add, poll, db, newsletterId } = await feedNewsroom(database.db);
  site.posts = [{ id: 1, hoursAgo: 1, comments: 4 }];
  await poll(await add(server.url, 'wordpress'));
  expect(await poll(await add(`${server.url}/feed/`))).toMatchObject({ found: 1, created: 0, known: 0 });
  expect((await listPosts(db, { newsletterId })).data).toHaveLength(1);
});

test('comments stay counted when the site’s feed is away', async () => {
  const { add, poll, db, newsletterId } = await feedNewsroom(database.db);
  site.posts = [{ id: 1, hoursAgo: 1, comments: 4 }];
  const feedId = await add(server.url, 'wordpress');
  await poll(feedId);
  site.hasFeed = false;
  expect(await poll(feedId)).toMatchObject({ status: 'polled', updated: 0 });
  expect((await listPosts(db, { newsletterId })).data[0]?.commentCount).toBe(4);
});

test('a deleted post leaves the next issue', async () => {
  const { add, poll, pass, titles } = await feedNewsroom(database.db);
  site.posts = [1, 2, 3].map((id) => ({ id, hoursAgo: 5 - id }));
  const feedId = await add(server.url, 'wordpress');
  await poll(feedId);
  pass(10 * minute);
  site.posts = site.posts.filter(({ id }) => id !== 2);
  expect(await poll(feedId)).toMatchObject({ retracted: 1 });
  expect(await titles()).toEqual(['Post 3', 'Post 1']);
});

test('a site whose API is switched off says what to do', async () => {
  const { add, poll } = await feedNewsroom(database.db);
  server.answer = (_, response) => void response.writeHead(401).end('{"code":"rest_login_required"}');
  expect(await poll(await add(server.url, 'wordpress'))).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/answered 401 .*switched off, use its feed instead: http:.*\/feed\//),
  });
});

test.each([
  ['{"code":"rest_no_route"}', false],
  ['[]', false],
  ['[1, null, "x", {}]', false],
  [
    '[{"id":1,"title":{"rendered":"x"},"_embedded":{"author":7,"wp:term":[null,[3]],"wp:featuredmedia":[{"media_details":[]}]}}]',
    true,
  ],
  ['[{"id":1,"title":{"rendered":"x"}},{"id":"2"}]', true],
])('%s is a list of posts: %s', async (body, isList) => {
  const parsed = await parseFeed({ body: Buffer.from(body), url: 'https://a.example/x' });
  expect(parsed.ok && parsed.feed.kind === 'wordpress' && parsed.feed.posts.length === 1).toBe(isList);
});

test.each([
  ['https://a.example', 'https://a.example/wp-json/wp/v2/posts', 'https://a.example/feed/'],
  [
    'https://a.example/blog/feed/',
    'https://a.example/blog/wp-json/wp/v2/posts',
    'https://a.example/blog/feed/',
  ],
  ['https://a.example/wp-json/', 'https://a.example/wp-json/wp/v2/posts', 'https://a.example/feed/'],
  [
    'https://a.example/?rest_route=/wp/v2/posts',
    'https://a.example/?rest_route=/wp/v2/posts',
    'https://a.example/?feed=rss2',
  ],
])('the API of %s', (given, endpoint, feed) => {
  expect(endpointsOf(given)[0]).toBe(endpoint);
  expect(siteFeedOf(endpoint)).toBe(feed);
});
