// The process behind a feed site. It serves RSS 2.0, Atom, JSON Feed and RSS 1.0 in turn, gzipped, with an
// ETag for each edition. A post has some 2.5 kB of HTML with links and an image. Each edition after the first
// adds one post to a feed, drops the oldest, and edits three.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { hour } from '../src/durations.js';

export type FeedSiteTask = { feeds: number; postsOfEach: number; edition: number } | 'answered';

export interface FeedSiteAnswer {
  urls: string[];
  /** Counts of answers: `whole` with a document, `notModified` with 304. */
  whole: number;
  notModified: number;
  /** Bytes of the documents, decompressed. */
  bytes: number;
}

interface Post {
  id: string;
  url: string;
  title: string;
  html: string;
  date: Date;
  topic: string;
}

interface Stored {
  etag: string;
  gzipped: Buffer;
  bytes: number;
  type: string;
}

/** Time between two posts of a feed: four are recent when the feed is added, the others are older. */
const apart = 6 * hour;
const started = Date.now();
const words = 'harbour crane quay tide ferry pilot mooring lock basin cargo lighthouse channel'.split(' ');

/** Posts of the feed, newest first. */
function postsOf(feed: number, count: number, edition: number): Post[] {
  return Array.from({ length: count }, (_, index) => {
    const number = count + edition - 1 - index;
    const isEdited = edition > 1 && index > 0 && index < 4;
    const url = `https://site${feed}.example.org/posts/${number}`;
    const paragraph = Array.from({ length: 60 }, (_word, at) => words[(at * 7 + number * feed + at) % 12]);
    const html = [
      `<p><img src="https://site${feed}.example.org/${number}.jpg" width="800" height="400" alt="The ${words[number % 12]}"></p>`,
      ...Array.from(
        { length: 5 },
        (_part, at) =>
          `<p>${at}${isEdited ? ` (edition ${edition})` : ''}: ${paragraph.join(' ')} <a href="${url}#${at}">${words[at]}</a> no. ${number} of ${feed}.</p>`,
      ),
    ].join('\n');
    return {
      id: url,
      url,
      title: `What the ${words[number % 12]} said, no. ${number} of ${feed}${isEdited ? ', corrected' : ''}`,
      html,
      // Posts of later editions have just been published.
      date: new Date(number >= count ? started - 1000 : started - (index - edition + 1) * apart - hour),
      topic: words[(number * 5) % 12] ?? '',
    };
  });
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

type Format = (feed: number, posts: readonly Post[]) => { type: string; text: string };

const rss: Format = (feed, posts) => ({
  type: 'application/rss+xml',
  text: `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Site ${feed}</title><link>https://site${feed}.example.org/</link><description/>${posts
    .map(
      ({ id, url, title, html, date, topic }) =>
        `<item><title>${title}</title><link>${url}</link><guid>${id}</guid><pubDate>${date.toUTCString()}</pubDate><category>${topic}</category><content:encoded><![CDATA[${html}]]></content:encoded></item>`,
    )
    .join('')}</channel></rss>`,
});

const atom: Format = (feed, posts) => ({
  type: 'application/atom+xml',
  text: `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>https://site${feed}.example.org/</id><title>Site ${feed}</title><updated>${new Date(started).toISOString()}</updated>${posts
    .map(
      ({ id, url, title, html, date, topic }) =>
        `<entry><id>${id}</id><title>${title}</title><link href="${url}"/><published>${date.toISOString()}</published><updated>${date.toISOString()}</updated><category term="${topic}"/><content type="html">${escape(html)}</content></entry>`,
    )
    .join('')}</feed>`,
});

const json: Format = (feed, posts) => ({
  type: 'application/feed+json',
  text: JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: `Site ${feed}`,
    items: posts.map(({ id, url, title, html, date, topic }) => ({
      id,
      url,
      title,
      content_html: html,
      date_published: date.toISOString(),
      tags: [topic],
    })),
  }),
});

const rdf: Format = (feed, posts) => ({
  type: 'application/rdf+xml',
  text: `<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel rdf:about="https://site${feed}.example.org/"><title>Site ${feed}</title><link>https://site${feed}.example.org/</link><description/></channel>${posts
    .map(
      ({ id, url, title, html, date, topic }) =>
        `<item rdf:about="${id}"><title>${title}</title><link>${url}</link><dc:date>${date.toISOString()}</dc:date><dc:subject>${topic}</dc:subject><content:encoded><![CDATA[${html}]]></content:encoded></item>`,
    )
    .join('')}</rdf:RDF>`,
});

const formats = [rss, atom, json, rdf] as const;

const documents = new Map<string, Stored>();
const answered = { whole: 0, notModified: 0, bytes: 0 };

const server = createServer((request, response) => {
  const document = documents.get(request.url ?? '');
  if (document === undefined) response.writeHead(404).end();
  else if (request.headers['if-none-match'] === document.etag) {
    answered.notModified += 1;
    response.writeHead(304, { etag: document.etag }).end();
  } else {
    answered.whole += 1;
    answered.bytes += document.bytes;
    response
      .writeHead(200, {
        'content-type': document.type,
        'content-encoding': 'gzip',
        'content-length': document.gzipped.length,
        etag: document.etag,
      })
      .end(document.gzipped);
  }
});

function publish({ feeds, postsOfEach, edition }: Exclude<FeedSiteTask, string>): string[] {
  const paths = Array.from({ length: feeds }, (_, index) => `/feed/${index + 1}`);
  for (const [index, path] of paths.entries()) {
    const format = formats[index % formats.length] ?? rss;
    const { type, text } = format(index + 1, postsOf(index + 1, postsOfEach, edition));
    const gzipped = gzipSync(text, { level: 6 });
    documents.set(path, { etag: `"${edition}"`, type, gzipped, bytes: Buffer.byteLength(text) });
  }
  return paths;
}

process.on('message', (task: FeedSiteTask) => {
  const paths = task === 'answered' ? [] : publish(task);
  const tell = (): void => {
    const { port } = server.address() as AddressInfo;
    process.send?.({
      ...answered,
      urls: paths.map((path) => `http://127.0.0.1:${port}${path}`),
    } satisfies FeedSiteAnswer);
    if (task === 'answered') Object.assign(answered, { whole: 0, notModified: 0, bytes: 0 });
  };
  if (server.listening) tell();
  else server.listen(0, '127.0.0.1', tell);
});
