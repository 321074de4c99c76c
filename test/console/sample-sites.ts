// Sites of several kinds on one server, each below its own path: what people paste into the first run.
import { crc32, deflateSync } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A picture of one colour. */
function png(width: number, height: number, colour: readonly [number, number, number]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([
    Buffer.alloc(1),
    Buffer.concat(Array.from({ length: width }, () => Buffer.from(colour))),
  ]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const end = Buffer.alloc(0);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', size),
    chunk('IDAT', pixels),
    chunk('IEND', end),
  ]);
}

const titles = [
  'The ferry runs again',
  'A bench for the quay',
  'Who paints the lighthouse?',
  'Herring, and how to keep it',
];
const text = 'The council has decided, and the harbour master is content. Work begins when the wind turns.';
const dateOf = (at: number): Date => new Date(Date.now() - (at + 1) * 3_600_000);

const rss = (base: string, site: string, title: string): string =>
  `<rss version="2.0"><channel><title>${title}</title><link>${site}</link>${titles
    .map(
      (post, at) =>
        `<item><title>${post}</title><link>${base}/${at}</link><guid>${base}/${at}</guid><description>${text}</description><pubDate>${dateOf(at).toUTCString()}</pubDate></item>`,
    )
    .join('')}</channel></rss>`;

const jsonFeed = (base: string): string =>
  JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: 'Notes from the tower',
    home_page_url: `${base}/static/`,
    items: titles.map((title, at) => ({
      id: `${base}/static/${at}`,
      url: `${base}/static/${at}`,
      title,
      content_text: text,
      date_published: dateOf(at).toISOString(),
    })),
  });

const page = (lang: string, head: string, body = ''): string =>
  `<!doctype html><html lang="${lang}"><head>${head}</head><body>${body}</body></html>`;

const documents: Readonly<Record<string, (base: string) => string | Buffer>> = {
  // WordPress: no og:site_name, the logo in the page, and a slogan in the title.
  '/wordpress/': () =>
    page(
      'de-DE',
      `<title>Hafenblatt &#8211; Neues vom Kai</title><meta name="theme-color" content="#8a1c3b">
       <link rel="https://api.w.org/" href="/wordpress/wp-json/">
       <link rel="alternate" type="application/rss+xml" title="Hafenblatt" href="/wordpress/feed/">
       <link rel="alternate" type="application/rss+xml" title="Comments" href="/wordpress/comments/feed/">`,
      `<img class="custom-logo" alt="Hafenblatt" src="/wordpress/logo.png">`,
    ),
  '/wordpress/feed/': (base) => rss(`${base}/wordpress`, `${base}/wordpress/`, 'Hafenblatt'),
  '/wordpress/comments/feed/': (base) => rss(`${base}/c`, `${base}/wordpress/`, 'Comments for Hafenblatt'),
  '/wordpress/logo.png': () => png(480, 96, [138, 28, 59]),
  // Ghost: names itself, has its logo in JSON-LD and its colour in a style.
  '/ghost/': (base) =>
    page(
      'en',
      `<title>The Quay</title><meta property="og:site_name" content="The Quay &amp; Sons">
       <link rel="icon" href="/ghost/icon.png" sizes="64x64"><style>:root {--ghost-accent-color: #1a7f5a;}</style>
       <script type="application/ld+json">${JSON.stringify({ '@type': 'WebSite', publisher: { logo: { url: `${base}/ghost/logo.png` } } })}</script>
       <link rel="alternate" type="application/rss+xml" title="The Quay" href="/ghost/rss/">`,
    ),
  '/ghost/rss/': (base) => rss(`${base}/ghost`, `${base}/ghost/`, 'The Quay'),
  '/ghost/logo.png': () => png(300, 100, [26, 127, 90]),
  '/ghost/icon.png': () => png(64, 64, [26, 127, 90]),
  '/static/': () =>
    page(
      'en-GB',
      `<title>Home | Notes from the tower</title><meta name="theme-color" content="#ffffff">
       <link rel="alternate" type="application/feed+json" href="feed.json"><link rel="icon" href="icon.svg">`,
    ),
  '/static/feed.json': jsonFeed,
  '/plain/': () => page('en', '<title>A page without a feed</title>'),
};

/** Answers for all of them. /down answers 503. */
export function answerAsSites(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname.startsWith('/down')) return void response.writeHead(503).end();
  const found = documents[pathname]?.(`http://${request.headers.host}`);
  if (found === undefined) return void response.writeHead(404).end();
  const type = pathname.endsWith('.png')
    ? 'image/png'
    : pathname.endsWith('.json')
      ? 'application/feed+json'
      : pathname.includes('feed') || pathname.includes('rss')
        ? 'application/rss+xml'
        : 'text/html; charset=utf-8';
  response.writeHead(200, { 'content-type': type }).end(found);
}
