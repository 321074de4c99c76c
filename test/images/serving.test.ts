// Serves the images in mails: resized, cached, and only images of posts.
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { drawPicture } from '../../src/demo/picture.js';
import { imageKey } from '../../src/delivery/message.js';
import { imageAddress } from '../../src/images/image-address.js';
import { openImageCache } from '../../src/images/image-cache.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { startApp, type TestApp } from '../support/app.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { assembleDeps, links, makeNewsletter } from '../support/newsroom.js';
import { startImageSite, type ImageSite } from './image-site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
let site: ImageSite;
let app: TestApp;
let folder: string;

const plain = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: { r: 200, g: 0, b: 0, alpha: 0.5 } } });

beforeAll(async () => {
  folder = await temporaryFolder();
  site = await startImageSite({
    'wide.png': drawPicture('dawn'),
    'see-through.png': await plain(900, 300, 4).png().toBuffer(),
    'photo.webp': await plain(900, 600).webp().toBuffer(),
    'half.jpg': (await plain(900, 600).jpeg().toBuffer()).subarray(0, 400),
    'page.html': Buffer.from('<script>alert(1)</script>'),
    'drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"></svg>'),
    'bomb.png': await plain(9_000, 9_000).png({ compressionLevel: 9 }).toBuffer(),
    'inward.png': { redirect: 'http://169.254.169.254/latest/meta-data' },
    'broken.png': { status: 503 },
  });
  app = await startApp(database, { settings: { imageCache: { folder, megabytes: 5 } } });
});
closeAfterAll(async () => {
  await app.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

const host = () => ({ baseUrl: app.url, key: imageKey(links) });

async function addressOf(name: string, width = 400): Promise<string> {
  const url = name.includes('//') ? name : `${site.url}/${name}`;
  const { id } = await database.db.one<{ id: string }>(
    `insert into images (url_hash, url) values (sha256(convert_to($1, 'UTF8')), $1)
     on conflict (url_hash) do update set url = excluded.url returning id`,
    [url],
  );
  return imageAddress(host(), id, width);
}
const get = async (address: string) => {
  const response = await fetch(address, { redirect: 'manual' });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};

test('an image comes as wide as it is shown, in a form that every program knows, and may be kept for ever', async () => {
  const { response, bytes } = await get(await addressOf('wide.png'));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('image/jpeg');
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('set-cookie')).toBeNull();
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 400, height: 225 });
  expect((await sharp((await get(await addressOf('see-through.png'))).bytes).metadata()).format).toBe('png');
  expect((await sharp((await get(await addressOf('photo.webp', 2_000))).bytes).metadata()).width).toBe(900);
});

test('the site is asked once, however many ask, and not again', async () => {
  const address = await addressOf('wide.png', 300);
  const before = site.asked.length;
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(address)));
  expect(answers.map(({ response }) => response.status)).toEqual(Array.from({ length: 20 }, () => 200));
  await get(address);
  expect(site.asked.slice(before)).toEqual(['wide.png']);
  expect(await readdir(folder)).toContain(address.split('/').at(-1)?.split('-').slice(0, 2).join('-'));
});

test('what nobody signed is not fetched', async () => {
  const address = await addressOf('wide.png', 500);
  const before = site.asked.length;
  const other = address.replace('-500-', '-501-');
  const cut = address.slice(0, -1);
  for (const wrong of [other, cut, `${address}x`, `${app.url}/images/1`, `${app.url}/images/..%2f..%2fetc`])
    expect((await get(wrong)).response.status).toBe(404);
  expect(site.asked).toHaveLength(before);
  // A signed address of an image that is gone.
  expect((await get(imageAddress(host(), '999999', 100))).response.status).toBe(404);
});

test.each(['page.html', 'drawing.svg', 'half.jpg', 'bomb.png', 'inward.png', 'http://10.0.0.1/a.png'])(
  '%s is no image that we hand on, nor send anybody to',
  async (name) => {
    const { response } = await get(await addressOf(name));
    expect(response.status).toBe(404);
    expect(response.headers.get('location')).toBeNull();
  },
);

test('a reader whose image cannot be had just now is sent to the site, which is left alone meanwhile', async () => {
  const address = await addressOf('broken.png');
  const { response } = await get(address);
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe(`${site.url}/broken.png`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=60');
  const before = site.asked.length;
  expect((await get(address)).response.status).toBe(302);
  expect(site.asked).toHaveLength(before);
});

test('a newsletter that wants its images from here has them so in its mail, twice as sharp', async () => {
  const logo = { url: `${site.url}/see-through.png`, width: 300, height: 100 };
  const { id } = await makeNewsletter(database.db, {
    content: 'full',
    look: { images: 'hosted', logo },
    words: { closing: `<p><img src="${site.url}/wide.png" alt="Us" width="200" height="112"></p>` },
  });
  const html = `<p><img src="${site.url}/photo.webp" alt="Red" width="900" height="600"></p>`;
  await recordPosts(
    { db: database.db, now: () => new Date() },
    {
      newsletterId: id,
      feed: null,
      posts: [
        { guid: 'a', url: 'https://news.example.org/a', title: 'A', html },
        {
          guid: 'b',
          url: 'https://news.example.org/b',
          title: 'B',
          html: '<p>b</p>',
          image: { url: `${site.url}/wide.png`, width: 960, height: 540 },
        },
      ],
    },
  );
  const deps = { ...assembleDeps(database.db), baseUrl: app.url };
  const mail = (await previewNext(deps, { newsletterId: id }))?.rendered?.html ?? '';
  const shown = Array.from(
    mail.matchAll(/<img [^>]*src="([^"]*)"[^>]*?width="(\d+)"/g),
    ([, src = '', width]) => ({ src, width: Number(width) }),
  );
  expect(shown).toHaveLength(4);
  for (const { src, width } of shown) {
    expect(src).toMatch(new RegExp(`^${app.url}/images/\\d+-${2 * width}-`));
    const { response, bytes } = await get(src);
    expect(response.status).toBe(200);
    expect((await sharp(bytes).metadata()).width).toBeLessThanOrEqual(2 * width);
  }
  expect(mail).not.toContain(site.url);
});

test('the cache keeps to its size, and drops the oldest', async () => {
  const own = await temporaryFolder();
  const cache = openImageCache(path.join(own, 'images'), { bytesAtMost: 10_000 });
  for (let number = 0; number < 30; number += 1) {
    expect(await cache.write(`${number}-1`, Buffer.alloc(1_000, number))).toBe(true);
    // Files that are written at the same moment have equal times.
    await new Promise((resolve) => setTimeout(resolve, 12));
  }
  const files = await readdir(path.join(own, 'images'));
  const sizes = await Promise.all(files.map((name) => stat(path.join(own, 'images', name))));
  expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(11_000);
  expect(await cache.read('0-1')).toBeUndefined();
  expect(await cache.read('29-1')).toEqual(Buffer.alloc(1_000, 29));
  await rm(own, { recursive: true });
});
