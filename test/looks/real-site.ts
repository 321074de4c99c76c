// A loopback site with posts as real feeds have them: the contents of a mail that no sample of ours would think of.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { drawPicture, type Scene } from '../../src/demo/picture.js';
import { digestPost } from '../../src/digest/render-variant.js';
import type { DigestPost } from '../../src/digest/render-digest.js';
import { readDocument } from '../../src/formats/read-document.js';
import type { ImageBook } from '../../src/images/image-book.js';
import { preparePost } from '../../src/posts/prepare-post.js';
import { feedXml, type SiteFeed } from './feed-xml.js';
import { arabic, hebrew, japanese, titles } from './feeds-in-other-scripts.js';
import { kitchen, photos, podcast, videos } from './feeds-of-kitchens-and-cameras.js';
import { courier, substack } from './feeds-of-platforms.js';
import { linkBlog, microblog, politics, programming } from './feeds-of-writers.js';

const feeds: readonly SiteFeed[] = [
  politics,
  kitchen,
  substack,
  programming,
  photos,
  courier,
  podcast,
  videos,
  linkBlog,
  microblog,
  hebrew,
  arabic,
  japanese,
  titles,
];

/** The posts of every feed of the site at `origin`, as the service stores and shows them. */
export async function readPosts(origin = 'https://real.example'): Promise<DigestPost[]> {
  const read = feeds.map(async (feed) => {
    const document = await readDocument(feedXml(feed, origin), `${origin}/${feed.name}/feed.xml`);
    return document.items.map(({ post, base }) =>
      digestPost({ ...preparePost(post, base), pinned: false, source: feed.title }, null),
    );
  });
  return (await Promise.all(read)).flat();
}

const pictureAt = /\/pictures\/(\d+)x(\d+)\/(dawn|noon|dusk|night|snow)\.jpg$/;

/** Knows the size of each of the site's pictures, as the service does after it has measured them. */
export const measured: ImageBook = {
  sizeOf(url) {
    const [, width, height] = pictureAt.exec(url) ?? [];
    return width === undefined ? undefined : { width: Number(width), height: Number(height) };
  },
  isNone: () => false,
  addressOf: (url) => url,
};

/** Serves feeds (/NAME/feed.xml) and pictures (/NAME/pictures/WIDTHxHEIGHT/SCENE.jpg) on a free port. */
export async function openRealSite(): Promise<{ origin: string; close: () => void }> {
  let origin = '';
  const pictures = new Map<string, Promise<Buffer>>();
  const pictureOf = (width: number, height: number, scene: Scene): Promise<Buffer> => {
    const name = `${scene} ${width} ${height}`;
    const drawn =
      pictures.get(name) ??
      sharp(drawPicture(scene)).resize(width, height, { fit: 'cover' }).jpeg({ quality: 80 }).toBuffer();
    pictures.set(name, drawn);
    return drawn;
  };
  const answer = async (path: string): Promise<{ type: string; body: string | Buffer } | undefined> => {
    const [, width, height, scene] = pictureAt.exec(path) ?? [];
    if (scene !== undefined)
      return { type: 'image/jpeg', body: await pictureOf(Number(width), Number(height), scene as Scene) };
    const feed = feeds.find(({ name }) => path === `/${name}/feed.xml`);
    return feed && { type: 'application/rss+xml; charset=utf-8', body: feedXml(feed, origin) };
  };
  const server = createServer();
  const respond = async (path: string, response: ServerResponse): Promise<void> => {
    const found = await answer(path);
    response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' });
    response.end(found?.body ?? 'Not found.\n');
  };
  server.on('request', ({ url = '/' }, response) => void respond(url, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, close: () => void server.close() };
}
