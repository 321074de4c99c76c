// Images without a size in the feed are measured before the mail is rendered. An image without a size is not
// fetched again.
import sharp from 'sharp';
import { drawPicture } from '../../src/demo/picture.js';
import { measureImages } from '../../src/images/measure-images.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter } from '../support/newsroom.js';
import { startImageSite, type ImageSite } from './image-site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
let site: ImageSite;

beforeAll(async () => {
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const turned = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  site = await startImageSite({
    'wide.png': drawPicture('dawn'),
    'turned.jpg': turned,
    'pixel.gif': pixel,
    'page.html': Buffer.from('<html>no picture</html>'),
    'drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"></svg>'),
    'drawing.php': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"></svg>'),
    'closed.png': { status: 403 },
    'headless.jpg': Buffer.concat([Buffer.from('ffd8ffe1ffff', 'hex'), Buffer.alloc(70_000)]),
    'inside.png': drawPicture('noon'),
    'away.png': { redirect: '/wide.png' },
    'metadata.png': { redirect: 'http://169.254.169.254/latest/meta-data' },
    'broken.png': { status: 503 },
  });
});
closeAfterAll(() => site.close());

const deps = () => ({
  db: database.db,
  now: () => new Date(),
  baseUrl: 'https://digest.example.org',
  allowPrivateFeeds: ['127.0.0.1'],
});
const post = (name: string, more: object = {}) => ({
  guid: name,
  url: `https://news.example.org/${name}`,
  title: name,
  html: `<p>Words about ${name}.</p>`,
  image: { url: `${site.url}/${name}`, ...more },
});
const sizes = async (): Promise<Record<string, string>> => {
  const rows = await database.db.query<{ url: string; width: number | null; height: number | null }>(
    'select url, width, height from images where measured_at is not null',
  );
  return Object.fromEntries(
    rows.map(({ url, width, height }) => [url.split('/').at(-1), `${width}x${height}`]),
  );
};

test('images are measured once, and the mail has their sizes', async () => {
  const { id } = await makeNewsletter(database.db);
  const names = [
    'wide.png',
    'turned.jpg',
    'pixel.gif',
    'page.html',
    'drawing.svg',
    'drawing.php',
    'away.png',
    'metadata.png',
    'broken.png',
    'gone.png',
  ];
  const posts = [...names.map((name) => post(name)), post('said.png', { width: 640, height: 480 })];
  await recordPosts({ db: database.db, now: () => new Date() }, { newsletterId: id, feed: null, posts });
  expect(await measureImages(deps())).toEqual({ measured: 4 });
  expect(await sizes()).toEqual({
    'wide.png': '960x540',
    'turned.jpg': '200x300',
    'pixel.gif': '1x1',
    'away.png': '960x540',
    'page.html': 'nullxnull',
    'drawing.php': 'nullxnull',
    'metadata.png': 'nullxnull',
  });
  expect(site.asked).not.toContain('said.png');
  expect(site.asked).not.toContain('drawing.svg');

  const before = site.asked.length;
  expect(await measureImages(deps())).toEqual({ measured: 0 });
  // Only failures that may be temporary are retried, and only a few times.
  expect(site.asked.slice(before).toSorted()).toEqual(['broken.png', 'gone.png']);
  await measureImages(deps());
  await measureImages(deps());
  for (const name of ['broken.png', 'gone.png'])
    expect(site.asked.filter((asked) => asked === name)).toHaveLength(3);
  expect(await sizes()).toMatchObject({ 'gone.png': 'nullxnull' });

  const next = await previewNext(assembleDeps(database.db), { newsletterId: id });
  const html = next?.rendered?.html ?? '';
  // A thumbnail beside the text: as wide as its column, with the picture's proportions.
  expect(html).toMatch(/wide\.png"[^>]* width="168" height="95"/);
  expect(html).toMatch(/turned\.jpg"[^>]* width="149" height="224"/);
  for (const name of ['pixel.gif', 'page.html', 'drawing.svg', 'drawing.php', 'metadata.png', 'gone.png'])
    expect(html).not.toContain(`src="${site.url}/${name}`);
  // A temporary failure may be over when the reader opens the mail.
  expect(html).toContain(`src="${site.url}/broken.png`);
});

test('a post whose image is none shows the next of its text; one that nobody could look at is shown', async () => {
  const { id } = await makeNewsletter(database.db);
  const withText = (name: string, ...inText: string[]) => ({
    ...post(name),
    guid: `next ${name}`,
    url: `https://news.example.org/next/${name}`,
    html: inText.map((image) => `<p><img src="${site.url}/${image}" alt="Of ${image}"></p>`).join(''),
  });
  const posts = [
    withText('chart.svg', 'drawing.svg', 'wide.png?svg'),
    withText('page.html?next', 'page.html?next', 'turned.jpg?next'),
    withText('drawing.php?next'),
    withText('closed.png', 'inside.png?closed'),
    withText('headless.jpg', 'inside.png?headless'),
  ];
  await recordPosts({ db: database.db, now: () => new Date() }, { newsletterId: id, feed: null, posts });
  // As stored when SVG drawings were still allowed as images of posts.
  await database.db.query(
    `update posts set image = jsonb_build_object('url', $2::text) where newsletter_id = $1 and title = 'chart.svg'`,
    [id, `${site.url}/chart.svg`],
  );
  await measureImages(deps());
  const mail = assembleDeps(database.db);
  const html = (await previewNext(mail, { newsletterId: id }))?.rendered?.html ?? '';
  const shown = Array.from(
    html.matchAll(/<img [^>]*src="[^"]*\/([^"/]*)" alt="([^"]*)"/g),
    ([, name = '', alt = '']) => `${name}: ${alt}`,
  );
  expect(shown.toSorted()).toEqual([
    'closed.png: ',
    'headless.jpg: ',
    'turned.jpg?next: Of turned.jpg?next',
    'wide.png?svg: Of wide.png?svg',
  ]);
});

test('images inside whole posts have the sizes that are known', async () => {
  const { id } = await makeNewsletter(database.db, { content: 'full' });
  const html = `<p>Look:</p><p><img src="${site.url}/page.html?inside" alt="None"><img src="${site.url}/in.svg" alt="Drawn">
    <img src="${site.url}/inside.png?a=1&amp;b=2" alt="Hills" width="500"> beside
    <img src="${site.url}/said-inside.png" alt="Said" width="500" height="100"></p>`;
  await recordPosts(
    { db: database.db, now: () => new Date() },
    {
      newsletterId: id,
      feed: null,
      posts: [{ guid: 'a', url: 'https://news.example.org/a', title: 'A', html }],
    },
  );
  expect(await measureImages(deps())).toEqual({ measured: 1 });
  expect(site.asked).not.toContain('said-inside.png');
  const next = await previewNext(assembleDeps(database.db), { newsletterId: id });
  expect(next?.rendered?.html).toMatch(/inside\.png\?a=1&amp;b=2" alt="Hills" width="500" height="281"/);
  expect(next?.rendered?.html).not.toMatch(/alt="(None|Drawn)"/);
  expect(next?.rendered?.html).toMatch(/said-inside\.png" alt="Said" width="500" height="100"/);
});
