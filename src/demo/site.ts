// The sample site: a small town's paper with a feed, a page for each post, and a subscribe form in the sidebar.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hour } from '../durations.js';
import { sanitise } from '../posts/sanitise.js';
import { drawPicture, demoPictureSize, type Scene } from './picture.js';
import { samplePosts, type SamplePost } from './posts.js';

export const siteName = 'The Tidewater Journal';

export interface SampleSite {
  url: string;
  feedUrl: string;
  /** Sets the address that the form posts to, once there is a newsletter. */
  subscribeAt(action: string): void;
  close(): Promise<void>;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const cdata = (text: string): string => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;

function item(post: SamplePost, url: string, now: Date, query = ''): string {
  const link = `${url}/posts/${post.slug}`;
  const picture = post.picture && `${url}/pictures/${post.picture.scene}.png`;
  const html = picture
    ? `<p><img src="${picture}" width="${demoPictureSize.width}" height="${demoPictureSize.height}" alt="${escape(post.picture?.alt ?? '')}"></p>${post.html}`
    : post.html;
  return `<item>
<title>${escape(post.title)}</title>
<link>${escape(link + query)}</link>
<guid isPermaLink="true">${escape(link + query)}</guid>
<dc:creator>${escape(post.author)}</dc:creator>
${post.hoursAgo === undefined ? '' : `<pubDate>${new Date(now.getTime() - post.hoursAgo * hour).toUTCString()}</pubDate>`}
${post.topics.map((topic) => `<category>${escape(topic)}</category>`).join('')}
<slash:comments>${post.comments}</slash:comments>
<description>${cdata(post.rawSummary ? post.html : `<p>${escape(post.excerpt)}</p>`)}</description>
<content:encoded>${cdata(html)}</content:encoded>
${picture ? `<media:content url="${picture}" type="image/png" medium="image" width="${demoPictureSize.width}" height="${demoPictureSize.height}"><media:description>${escape(post.picture?.alt ?? '')}</media:description></media:content>` : ''}
</item>`;
}

function feed(url: string, now: Date): string {
  const items = samplePosts.flatMap((post) => [
    item(post, url, now),
    ...(post.againAs === undefined ? [] : [item(post, url, now, post.againAs)]),
  ]);
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>${siteName}</title><link>${url}/</link><description>News from a small harbour town</description><language>en</language>
${items.join('\n')}
</channel></rss>`;
}

const style = `body{margin:0;font:17px/1.6 Georgia,serif;color:#1d1c1a;background:#f6f4ee}
header{padding:2.5rem 1rem 1.5rem;text-align:center;border-bottom:3px double #1d1c1a;margin:0 auto;max-width:64rem}
header a{color:inherit;text-decoration:none;font-size:2.6rem;font-weight:bold;letter-spacing:-.02em}
header p{margin:.3rem 0 0;color:#5d5950;font-style:italic}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 18rem;gap:3rem;max-width:64rem;margin:0 auto;padding:2rem 1rem}
article{margin:0 0 2.5rem}article h2{margin:.4rem 0 .2rem;line-height:1.25}article h2 a{color:inherit}
img{max-width:100%;height:auto;border-radius:4px}.by{color:#5d5950;font-size:.9rem;margin:0 0 .6rem}a{color:#0b5a78}
aside{align-self:start;position:sticky;top:1rem;background:#fff;border:1px solid #d9d5cb;border-radius:8px;padding:1.3rem}
aside h2{margin:0 0 .4rem;font-size:1.25rem}aside p{margin:.3rem 0 .8rem;font-size:.95rem}
label{display:block;font-size:.9rem;margin:.6rem 0 .2rem}input{width:100%;box-sizing:border-box;font:inherit;padding:.45rem;border:1px solid #8a8577;border-radius:4px}
button{width:100%;margin-top:.9rem;font:bold 1rem/1 Georgia,serif;padding:.75rem;border:0;border-radius:4px;background:#0b5a78;color:#fff;cursor:pointer}
table{border-collapse:collapse}td,th{border:1px solid #d9d5cb;padding:.2rem .7rem}blockquote{border-left:3px solid #c9c4b8;margin-left:0;padding-left:1rem}
@media(max-width:48rem){.columns{grid-template-columns:minmax(0,1fr)}aside{position:static}}`;

function page(title: string, main: string, action: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${style}</style><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>
<body><header><a href="/">${siteName}</a><p>News from a small harbour town</p></header>
<div class="columns"><main>${main}</main><aside><h2>Subscribe to our Daily Digest</h2>
<p>The day’s posts in one e-mail, once a day. Unsubscribe at any time.</p>
<form method="post" action="${escape(action)}"><label for="email">E-mail address</label>
<input id="email" name="email" type="email" required autocomplete="email"><label for="name">Name (optional)</label>
<input id="name" name="name" autocomplete="name"><button>Subscribe</button></form></aside></div></body></html>`;
}

function article(post: SamplePost, url: string, whole: boolean): string {
  const link = `/posts/${post.slug}`;
  const picture = post.picture
    ? `<a href="${link}"><img src="/pictures/${post.picture.scene}.png" width="${demoPictureSize.width}" height="${demoPictureSize.height}" alt="${escape(post.picture.alt)}"></a>`
    : '';
  return `<article>${picture}<h2><a href="${link}">${escape(post.title)}</a></h2>
<p class="by">${escape(post.author)} · ${post.comments} comments</p>
${whole ? sanitise(post.html, url) : `<p>${escape(post.excerpt)}</p>`}</article>`;
}

/** The document at `path`; undefined: there is none. */
function answer(
  path: string,
  url: string,
  action: string,
): { type: string; body: string | Buffer } | undefined {
  const html = (title: string, main: string) => ({
    type: 'text/html; charset=utf-8',
    body: page(title, main, action),
  });
  if (path === '/') return html(siteName, samplePosts.map((post) => article(post, url, false)).join(''));
  if (path === '/feed.xml')
    return { type: 'application/rss+xml; charset=utf-8', body: feed(url, new Date()) };
  const scene = /^\/pictures\/(dawn|noon|dusk|night|snow)\.png$/.exec(path)?.[1];
  if (scene !== undefined) return { type: 'image/png', body: drawPicture(scene as Scene) };
  const post = samplePosts.find(({ slug }) => path === `/posts/${slug}`);
  return post && html(`${post.title} – ${siteName}`, article(post, url, true));
}

/** Serves the sample site on `port` of 127.0.0.1. */
export async function openSampleSite(port: number): Promise<SampleSite> {
  const url = `http://localhost:${port}`;
  let action = '';
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const found = answer(new URL(request.url ?? '/', url).pathname, url, action);
    response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' });
    response.end(request.method === 'HEAD' ? undefined : (found?.body ?? 'Not found.\n'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url,
    feedUrl: `${url}/feed.xml`,
    subscribeAt: (given) => (action = given),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
