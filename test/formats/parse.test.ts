// Reading feeds: formats, malformed documents, encodings and entities.
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { complete } from '../../src/formats/complete.js';
import type { FeedItem } from '../../src/formats/document.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { closeParser, parseFeed, type ParsedFeed } from '../../src/formats/parse.js';
import { cpuTime } from '../support/cpu-time.js';

afterAll(closeParser);

const url = 'https://site.example/feed.xml';

async function read(document: string | Uint8Array, contentType?: string): Promise<ParsedFeed> {
  const body = typeof document === 'string' ? Buffer.from(document) : document;
  const result = await parseFeed({ body, contentType, url });
  if (!result.ok) throw new Error(result.detail);
  return result.feed;
}
async function refusal(document: string | Uint8Array): Promise<string> {
  const result = await parseFeed({ body: Buffer.from(document), url });
  return result.ok ? `read: ${JSON.stringify(result.feed)}` : result.detail;
}
const rss = (items: string, channel = '', attributes = '') =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
    xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ${attributes}>
    <channel><title>Caf&#233; &amp; Co</title><link>https://site.example/</link>${channel}${items}</channel></rss>`;

describe('RSS 2.0', () => {
  test('a post with everything', async () => {
    const feed = await read(
      rss(`<item><title>Tom &amp;amp; &lt;em&gt;Jerry&lt;/em&gt;</title><link>https://site.example/1?a=1&amp;b=2</link>
        <guid isPermaLink="false">g1</guid><description>&lt;p&gt;Short.&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>Long <a href="/about">text</a> &amp; more.</p>]]></content:encoded>
        <dc:creator>Zoë</dc:creator><dc:creator>Łukasz</dc:creator><category>News</category><category>A &amp;amp; B</category>
        <pubDate>Mon, 23 Nov 2026 07:30:00 +0100</pubDate><slash:comments>7</slash:comments>
        <media:content url="https://site.example/small.jpg" medium="image" width="100"/>
        <media:content url="https://site.example/large.jpg" medium="image" width="800" height="400"><media:description>A quay</media:description></media:content>
        </item>`),
    );
    expect(feed).toMatchObject({ kind: 'rss', title: 'Café & Co' });
    expect(feed.posts).toEqual([
      {
        guid: 'g1',
        url: 'https://site.example/1?a=1&b=2',
        title: 'Tom & Jerry',
        html: '<p>Long <a href="https://site.example/about">text</a> &amp; more.</p>',
        text: 'Long text & more.',
        excerpt: 'Short.',
        author: 'Zoë, Łukasz',
        image: { url: 'https://site.example/large.jpg', width: 800, height: 400, alt: 'A quay' },
        topics: ['News', 'A & B'],
        commentCount: 7,
        publishedAt: new Date('2026-11-23T06:30:00Z'),
      },
    ]);
  });

  test.each<[string, string, object]>([
    [
      'no title: one from the text',
      '<item><description>Just one sentence.</description></item>',
      { title: 'Just one sentence.' },
    ],
    [
      'no link: the guid if it is an address',
      '<item><title>x</title><guid>https://site.example/g</guid></item>',
      { url: 'https://site.example/g' },
    ],
    [
      'no link, opaque guid: no address',
      '<item><title>x</title><guid>77</guid></item>',
      { url: null, guid: '77' },
    ],
    [
      'a relative link',
      '<item><title>x</title><link>/p/1</link></item>',
      { url: 'https://site.example/p/1' },
    ],
    ['no date', '<item><title>x</title></item>', { publishedAt: null }],
    [
      'a date that is none',
      '<item><title>x</title><pubDate>yesterday</pubDate></item>',
      { publishedAt: null },
    ],
    [
      'author with an address',
      '<item><title>x</title><author>ann@site.example (Ann)</author></item>',
      { author: 'Ann' },
    ],
    [
      'an enclosed image',
      '<item><title>x</title><enclosure url="/e.png" type="image/png" length="1"/></item>',
      { image: { url: 'https://site.example/e.png' } },
    ],
    [
      'an enclosed sound is no image',
      '<item><title>x</title><enclosure url="https://site.example/e.mp3" type="audio/mpeg" length="1"/></item>',
      { image: null, url: 'https://site.example/e.mp3' },
    ],
    [
      'a podcast’s image',
      '<item><title>x</title><itunes:image href="https://site.example/i.jpg"/></item>',
      { image: { url: 'https://site.example/i.jpg' } },
    ],
    [
      'the first image of the text',
      '<item><title>x</title><link>https://site.example/p/1</link><description>&lt;img src="i.jpg" alt="y"&gt;</description></item>',
      { image: { url: 'https://site.example/p/i.jpg', alt: 'y' } },
    ],
    [
      'xml:base',
      '<item xml:base="https://cdn.example/x/"><title>x</title><description>&lt;img src="i.jpg"&gt;</description></item>',
      { image: { url: 'https://cdn.example/x/i.jpg' } },
    ],
    [
      'a title with unescaped characters',
      '<item><title>AT&T: 1 < 2</title></item>',
      { title: 'AT&T: 1 < 2' },
    ],
    [
      'a script in the text',
      '<item><title>x</title><description>&lt;script&gt;alert(1)&lt;/script&gt;&lt;p onclick=x&gt;y&lt;/p&gt;</description></item>',
      { html: '<p>y</p>' },
    ],
    [
      'CDATA in CDATA',
      '<item><title>x</title><description><![CDATA[one <![CDATA[two]]> three]]></description></item>',
      { html: 'one two three' },
    ],
    [
      'CDATA that was escaped',
      '<item><title>&lt;![CDATA[x]]&gt;</title><description>&lt;![CDATA[&lt;p&gt;one&lt;/p&gt;]]&gt;</description></item>',
      { title: 'x', html: '<p>one</p>' },
    ],
    [
      'escaped HTML in CDATA',
      '<item><title>x</title><description><![CDATA[ &lt;p&gt;Salt &amp;amp; &lt;em&gt;pepper&lt;/em&gt;&lt;/p&gt; ]]></description></item>',
      { html: '<p>Salt &amp; <em>pepper</em></p>', text: 'Salt & pepper' },
    ],
    [
      'HTML that was escaped twice, with a summary that was too',
      '<item><title>x</title><description>&amp;lt;p&amp;gt;Short&amp;#8217;s&amp;lt;/p&amp;gt;</description><content:encoded>&amp;lt;div class=&amp;quot;a&amp;quot;&amp;gt;&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;Long&amp;lt;/div&amp;gt;</content:encoded></item>',
      { html: '<div>Long</div>', excerpt: 'Short’s' },
    ],
    [
      'words about tags',
      '<item><title>x</title><description><![CDATA[&lt;p&gt; or &lt;div&gt;?]]></description></item>',
      { text: '<p> or <div>?' },
    ],
    [
      'code in a text that has tags of its own',
      '<item><title>x</title><description><![CDATA[<p>&lt;p&gt;code&lt;/p&gt;</p>]]></description></item>',
      { html: '<p>&lt;p&gt;code&lt;/p&gt;</p>' },
    ],
    [
      'formulas that are no tags',
      '<item><title>x</title><description>We show $x&lt;y$ and a&lt;b, with z &lt; 3.</description></item>',
      { text: 'We show $x<y$ and a<b, with z < 3.' },
    ],
    [
      'authors with links',
      '<item><title>x</title><dc:creator>&lt;a href="https://a.example/"&gt;A. Author&lt;/a&gt;, B &amp;amp; C</dc:creator></item>',
      { author: 'A. Author, B & C' },
    ],
    ['a javascript: link', '<item><title>x</title><link>javascript:alert(1)</link></item>', { url: null }],
  ])('%s', async (_, item, expected) => {
    const { posts } = await read(rss(item));
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject(expected);
  });
});

test.each<[string, string, string, object]>([
  [
    'RSS 0.91 with its document type',
    `<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
     <rss version="0.91"><channel><title>T</title><item><title>x</title><link>https://site.example/1</link></item></channel></rss>`,
    'rss',
    { title: 'x', url: 'https://site.example/1' },
  ],
  [
    'RSS 0.90',
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
     <channel><title>T</title></channel><item><title>x</title><link>https://site.example/1</link></item></rdf:RDF>`,
    'rdf',
    { title: 'x', url: 'https://site.example/1' },
  ],
  [
    'RSS 1.0',
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
     <channel rdf:about="https://site.example/"><title>T</title></channel><item rdf:about="https://site.example/1"><title>x</title>
     <link>https://site.example/1</link><description>d</description><dc:date>2026-11-23T07:30+01:00</dc:date><dc:creator>A</dc:creator><dc:subject>s</dc:subject></item></rdf:RDF>`,
    'rdf',
    {
      guid: 'https://site.example/1',
      author: 'A',
      topics: ['s'],
      text: 'd',
      publishedAt: new Date('2026-11-23T06:30:00Z'),
    },
  ],
  [
    'Atom 1.0',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://site.example/blog/"><title type="html">T &amp;amp; U</title><author><name>Feed</name></author>
     <entry><title type="text">1 &lt; 2 &lt;b&gt;</title><id>tag:site.example,2026:1</id><link rel="self" href="self"/><link href="p/1"/>
     <updated>2026-11-23T09:00:00Z</updated><published>2026-11-23T08:00:00Z</published><category term="t" label="Topic"/>
     <author><name>A</name></author><author><name>B</name></author><summary>Plain &lt;i&gt;.</summary>
     <content type="xhtml" xml:base="c/"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <em>x</em> &amp; &lt;y&gt;<img src="z.png" alt=""/></p></div></content></entry></feed>`,
    'atom',
    {
      guid: 'tag:site.example,2026:1',
      url: 'https://site.example/blog/p/1',
      title: '1 < 2 <b>',
      html: '<p>Hi <em>x</em> &amp; &lt;y&gt;<img src="https://site.example/blog/c/z.png" alt="" /></p>',
      author: 'A, B',
      topics: ['Topic'],
      publishedAt: new Date('2026-11-23T08:00:00Z'),
    },
  ],
  [
    'Atom with text content',
    `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><author><name>Feed</name></author><entry><title>x</title><id>i</id>
     <content type="text">a &lt;script&gt; b</content></entry></feed>`,
    'atom',
    { html: '<p>a &lt;script&gt; b</p>', author: 'Feed' },
  ],
  [
    'Atom 0.3',
    `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title mode="escaped" type="text/html">x &amp;amp; y</title>
     <link rel="alternate" type="text/html" href="https://site.example/1"/><id>https://site.example/1</id><issued>2026-11-23T08:00:00Z</issued>
     <modified>2026-11-24T08:00:00Z</modified><content type="text/html" mode="escaped">&lt;p&gt;c&lt;/p&gt;</content></entry></feed>`,
    'atom',
    { title: 'x & y', html: '<p>c</p>', publishedAt: new Date('2026-11-23T08:00:00Z') },
  ],
  [
    'Atom 0.3 in base64',
    `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title mode="base64" type="text/plain">${btoa('Cranes')}</title>
     <id>https://site.example/1</id><summary type="image/png" mode="base64">iVBORw0KGgo=</summary>
     <content type="text/html" mode="base64">\n${Buffer.from('<p>Größe &amp; more</p>')
       .toString('base64')
       .replace(/^(.{9})/, '$1\n')}\n</content></entry></feed>`,
    'atom',
    { title: 'Cranes', html: '<p>Größe &amp; more</p>', excerpt: 'Größe & more' },
  ],
  [
    'FeedBurner’s Atom',
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><title>T</title>
     <entry><title>x</title><id>tag:a,2026:1</id><updated>2026-11-23T08:00:00Z</updated><content type="html">c</content>
     <link rel="alternate" type="text/html" href="http://feedproxy.example/~r/T/~3/a/?x=1&amp;y=2"/>
     <link rel="replies" href="https://site.example/comments"/>
     <feedburner:origLink>https://site.example/p?a=1&amp;b=2</feedburner:origLink></entry></feed>`,
    'atom',
    { url: 'https://site.example/p?a=1&b=2' },
  ],
  [
    'FeedBurner’s RSS',
    `<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><title>T</title><link>https://site.example/</link>
     <item><title>x</title><link><![CDATA[http://feedproxy.example/~r/T/~3/a/]]></link><guid isPermaLink="false">1</guid>
     <pubDate>Mon, 23 Nov 2026 07:30:00 +0100</pubDate><description>c</description>
     <feedburner:origLink><![CDATA[https://site.example/p]]></feedburner:origLink></item></channel></rss>`,
    'rss',
    { url: 'https://site.example/p', guid: '1' },
  ],
  [
    'JSON Feed 1.1',
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'T',
      home_page_url: 'https://site.example/',
      items: [
        {
          id: 'j1',
          url: '/1',
          title: 'a &amp; <b>',
          content_html: '<p>x<script>y</script></p>',
          summary: 's',
          image: '/i.jpg',
          date_published: '2026-11-23T07:30:00.5+01:00',
          tags: ['t'],
          authors: [{ name: 'A' }, { name: 'B' }],
        },
      ],
    }),
    'json',
    {
      guid: 'j1',
      url: 'https://site.example/1',
      title: 'a &amp; <b>',
      html: '<p>x</p>',
      excerpt: 's',
      image: { url: 'https://site.example/i.jpg' },
      author: 'A, B',
      topics: ['t'],
      publishedAt: new Date('2026-11-23T06:30:00.500Z'),
    },
  ],
  [
    'JSON Feed 1.1 with an attachment alone',
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'T',
      items: [
        {
          id: 'e2',
          attachments: [{ url: 'https://x.example/2.mp3', mime_type: 'audio/mpeg', title: 'Ep 2' }],
        },
      ],
    }),
    'json',
    { guid: 'e2', url: 'https://x.example/2.mp3', title: 'Ep 2' },
  ],
  [
    'JSON Feed 1.1 about a page elsewhere',
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'T',
      items: [{ id: '3', external_url: 'https://else.example/a', content_text: 'x', image: '/i.png' }],
    }),
    'json',
    { url: 'https://else.example/a', image: { url: 'https://site.example/i.png' } },
  ],
  [
    'YouTube’s Atom',
    `<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">
     <title>T</title><entry><id>yt:video:AbC</id><title>A video</title><link rel="alternate" href="https://www.youtube.com/watch?v=AbC"/>
     <media:group><media:thumbnail url="https://i2.ytimg.com/vi/AbC/hqdefault.jpg" width="480" height="360"/>
     <media:description>One &lt;3\ntwo</media:description></media:group></entry></feed>`,
    'atom',
    {
      url: 'https://www.youtube.com/watch?v=AbC',
      html: '<p>One &lt;3<br />two</p>',
      image: { url: 'https://i2.ytimg.com/vi/AbC/hqdefault.jpg', width: 480, height: 360 },
    },
  ],
  [
    'JSON Feed 1.0 with plain text',
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1',
      title: 'T',
      author: { name: 'F' },
      items: [{ id: 2, content_text: 'plain <b>\n\nsecond' }],
    }),
    'json',
    { guid: '2', html: '<p>plain &lt;b&gt;</p><p>second</p>', author: 'F', title: 'plain <b> second' },
  ],
])('%s', async (_, document, kind, expected) => {
  const feed = await read(document);
  expect(feed.kind).toBe(kind);
  expect(feed.posts).toHaveLength(1);
  expect(feed.posts[0]).toMatchObject(expected);
});

describe('documents that are not well-formed', () => {
  test.each<[string, string, string[]]>([
    [
      'unclosed at the end',
      '<rss version="2.0"><channel><title>T</title><item><title>a</title></item><item><title>b</title></item>',
      ['a', 'b'],
    ],
    ['HTML entities', rss('<item><title>a &eacute;&nbsp;&hellip;</title></item>'), ['a é …']],
    ['white space before the declaration', `\n \n${rss('<item><title>a</title></item>')}`, ['a']],
    [
      'namespaces that nobody declared',
      '<rss version="2.0"><channel><item><title>a</title><dc:creator>x</dc:creator></item></channel></rss>',
      ['a'],
    ],
    ['control characters', rss('<item><title>a\u0003b\u0000</title></item>'), ['ab']],
    [
      'HTML that is not escaped',
      rss('<item><title>a</title><description><p>x<br>y</p></description></item>'),
      ['a'],
    ],
    [
      'a tag that is closed wrongly',
      rss('<item><title>a</title><description>x</descr></item><item><title>b</title></item>'),
      ['a', 'b'],
    ],
  ])('%s', async (_, document, titles) => {
    expect((await read(document)).posts.map(({ title }) => title)).toEqual(titles);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /empty/],
    ['words', 'Hello there', /no feed/],
    ['some XML', '<?xml version="1.0"?><catalogue><book/></catalogue>', /no feed/],
    ['some JSON', '{"a": 1}', /neither a JSON Feed nor/],
    ['damaged JSON', '{"version": "https://jsonfeed.org/version/1", "items": [', /damaged/],
    ['a web page', '<!doctype html><html><head></head><body>x</body></html>', /web page, not a feed$/],
    [
      'a web page that names its feed',
      '<html><head><link rel="alternate" type="application/rss+xml" href="/rss?a=1&amp;b=2"></head></html>',
      /names https:\/\/site\.example\/rss\?a=1&b=2 as its feed/,
    ],
    [
      'damage that hides every post',
      '<rss version="2.0"><channel><item><enclosure url="x></item></channel></rss>',
      /damaged/,
    ],
    ['a packed file that unfolds', gzipSync(Buffer.alloc(50_000_000, 'a')), /larger than 5 MB/],
    ['a packed file that is cut', gzipSync('<rss/>').subarray(0, 15), /packed, and damaged/],
    ['zeros', Buffer.alloc(100), /empty/],
    ['a document type without an end', '<!DOCTYPE rss [ <!ENTITY a "b">', /cut off/],
  ])('%s is refused in words', async (_, document, words) => {
    expect(await refusal(document)).toMatch(words);
  });
});

describe('of two readings of a document', () => {
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

describe('entities', () => {
  test('are never expanded, whether they multiply or read files', async () => {
    const bomb = `<?xml version="1.0"?><!-- c --><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">
      <!ENTITY c '>]]>&b;&b;'><!ENTITY file SYSTEM "file:///etc/passwd"><!-- > ] " -->]>${rss('<item><title>x &c; &file;</title></item>').replace(/^<\?xml[^>]*>/, '')}`;
    const { posts } = await read(bomb);
    expect(posts.map(({ title }) => title)).toEqual(['x &c; &file;']);
  });

  test('a document type inside a post is left alone', async () => {
    const { posts } = await read(
      rss('<item><title>a</title><description><![CDATA[<!DOCTYPE html><p>x</p>]]></description></item>'),
    );
    expect(posts[0]?.html).toBe('<p>x</p>');
  });
});

describe('charsets', () => {
  const document = (declaration: string) =>
    `<?xml version="1.0"${declaration}?><rss version="2.0"><channel><title>T</title><item><title>Žluťoučký kůň “é”</title></item></channel></rss>`;
  const latin = (declaration: string) => document(declaration).replace('Žluťoučký kůň', 'Größe');
  test.each<[string, Uint8Array, string | undefined, string]>([
    ['UTF-8 without a word', Buffer.from(document('')), undefined, 'Žluťoučký kůň “é”'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${document('')}`), undefined, 'Žluťoučký kůň “é”'],
    [
      'UTF-16 with a byte order mark',
      iconv.encode(document(' encoding="utf-16"'), 'utf-16'),
      undefined,
      'Žluťoučký kůň “é”',
    ],
    [
      'UTF-16 without a declaration either',
      iconv.encode(
        latin('')
          .replace(/^<\?xml[^>]*>/, '')
          .replace('Größe', '東京'),
        'utf-16le',
      ),
      undefined,
      '東京 “é”',
    ],
    [
      'UTF-8 that calls itself UTF-16, as .NET does',
      Buffer.from(latin(' encoding="utf-16"')),
      undefined,
      'Größe “é”',
    ],
    ['UTF-8 behind a header of UTF-16', Buffer.from(latin('')), 'text/xml; charset=utf-16', 'Größe “é”'],
    ['a file that was packed', gzipSync(latin('')), 'application/gzip', 'Größe “é”'],
    ['UTF-16 without', iconv.encode(document(''), 'utf-16be'), undefined, 'Žluťoučký kůň “é”'],
    [
      'the declaration',
      iconv.encode(document(' encoding="windows-1250"'), 'windows-1250'),
      'application/xml',
      'Žluťoučký kůň “é”',
    ],
    [
      'the header, before the declaration',
      iconv.encode(document(' encoding="utf-8"'), 'windows-1250'),
      'text/xml; charset=windows-1250',
      'Žluťoučký kůň “é”',
    ],
    ['windows-1252 without a word', iconv.encode(latin(''), 'windows-1252'), undefined, 'Größe “é”'],
    [
      'windows-1252 that says ISO 8859-1',
      iconv.encode(latin(' encoding="ISO-8859-1"'), 'windows-1252'),
      undefined,
      'Größe “é”',
    ],
    [
      'windows-1252 that says UTF-8',
      iconv.encode(latin(' encoding="UTF-8"'), 'windows-1252'),
      undefined,
      'Größe “é”',
    ],
    [
      'UTF-8 behind a header that says ISO 8859-1',
      Buffer.from(latin('')),
      'text/xml; charset=ISO-8859-1',
      'Größe “é”',
    ],
    [
      'UTF-8 of which a program cut a character in half',
      Buffer.concat([
        Buffer.from(latin('').replace('</title></item>', '</title><description>Gr')),
        Buffer.from([0xc3]),
        Buffer.from('</description></item></channel></rss>'),
      ]),
      'text/xml; charset=utf-8',
      'Größe “é”',
    ],
    [
      'windows-1251 behind a header that says UTF-8 of everything',
      iconv.encode(
        document(' encoding="windows-1251"').replace('Žluťoučký kůň “é”', 'Порт и краны'),
        'windows-1251',
      ),
      'text/xml; charset=utf-8',
      'Порт и краны',
    ],
    [
      'Shift_JIS behind a header that says US-ASCII',
      iconv.encode(
        document(' encoding="Shift_JIS"').replace('Žluťoučký kůň “é”', '港のクレーン'),
        'shift_jis',
      ),
      'text/xml; charset=us-ascii',
      '港のクレーン',
    ],
    [
      'windows-1251 behind a header that says ISO 8859-1',
      iconv.encode(
        document(' encoding="windows-1251"').replace('Žluťoučký kůň “é”', 'Порт и краны'),
        'windows-1251',
      ),
      'text/xml; charset=ISO-8859-1',
      'Порт и краны',
    ],
    [
      'UTF-8 that says so, behind a header of windows-1251',
      Buffer.from(latin(' encoding="UTF-8"')),
      'text/xml; charset=windows-1251',
      'Größe “é”',
    ],
    [
      'windows-1252 with something that looks like UTF-8',
      iconv.encode(latin('').replace('Größe', 'Größe: CAFÉ… É…'), 'windows-1252'),
      undefined,
      'Größe: CAFÉ… É… “é”',
    ],
    ['a charset that does not exist', Buffer.from(latin(' encoding="klingon"')), undefined, 'Größe “é”'],
  ])('%s', async (_, bytes, contentType, title) => {
    expect((await read(bytes, contentType)).posts[0]?.title).toBe(title);
  });
});

describe('limits', () => {
  test('of a long document the newest 200 posts are kept, in its order', async () => {
    const items = Array.from(
      { length: 250 },
      (_, index) =>
        `<item><title>${index}</title><pubDate>${new Date(Date.UTC(2026, 0, 1 + index)).toUTCString()}</pubDate></item>`,
    );
    const { posts } = await read(rss(items.join('')));
    expect(posts).toHaveLength(200);
    expect(posts[0]?.title).toBe('50');
    expect(posts.at(-1)?.title).toBe('249');
  });

  test('a document that takes too long ends its thread, and the next one is read', async () => {
    const body = Buffer.from(
      rss(`<item><title>x</title><description>${'&lt;div&gt;&lt;b&gt;'.repeat(50_000)}</description></item>`),
    );
    const started = performance.now();
    expect(await parseFeed({ body, url }, { milliseconds: 300, megabytes: 192 })).toEqual({
      ok: false,
      detail: 'The document takes longer than 0.3 seconds to read',
    });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect((await read(rss('<item><title>next</title></item>'))).posts[0]?.title).toBe('next');
  });

  test('a document that takes too much memory ends its thread alone', async () => {
    const body = Buffer.from(rss('<item><title>x</title><category>y</category></item>'.repeat(60_000)));
    expect(await parseFeed({ body, url }, { milliseconds: 30_000, megabytes: 16 })).toEqual({
      ok: false,
      detail: 'The document takes too much memory to read',
    });
  });

  test.each<[string, string]>([
    [
      'non-breaking spaces',
      `<item><title>x</title><description>&lt;p>${'&#160;'.repeat(5_000)}y</description></item>`,
    ],
    ['line ends', `<item><title>x</title><description>a${'\n'.repeat(100_000)}b</description></item>`],
    ['angle brackets', `<item><title>${'<'.repeat(100_000)}</title></item>`],
    ['character references', `<item><title>${'&amp;amp;'.repeat(50_000)}</title></item>`],
    ['comments', `${'<!-- -->'.repeat(5_000)}<item><title>x</title></item>`],
    ['punctuation', `<item><title>x</title><description>${'."'.repeat(50_000)}</description></item>`],
    [
      'spaces in base64',
      `<item><title>x</title><content xmlns="http://purl.org/atom/ns#" mode="base64">${' '.repeat(100_000)}<b/></content></item>`,
    ],
    [
      'comments and links beside an original link',
      `<item><title>x</title>${'<link x'.repeat(3_000)}${'<!--'.repeat(20_000)}--><feedburner:origLink>https://a.example/</feedburner:origLink></item>`,
    ],
    ['dashes', `<item><title>${'-'.repeat(50_000)}x</title></item>`],
    [
      'half a footer',
      `<item><title>x</title><description>${'The post x '.repeat(20_000)}</description></item>`,
    ],
  ])('long runs of %s take no time', async (_, item) => {
    const documents = [rss(item), `${'<!-- x -->'.repeat(1_000)}${rss(item).replace(/^<\?xml[^>]*>/, '')}`];
    for (const document of documents) {
      const time = await cpuTime(async () => expect((await read(document)).posts).toHaveLength(1));
      expect(time).toBeLessThan(5_000);
    }
  });

  test('several documents at once', async () => {
    const feeds = await Promise.all(
      Array.from({ length: 5 }, (_, index) => read(rss(`<item><title>${index}</title></item>`))),
    );
    expect(feeds.map(({ posts }) => posts[0]?.title)).toEqual(['0', '1', '2', '3', '4']);
  });
});
