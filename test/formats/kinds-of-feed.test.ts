// Reading every version of RSS, Atom and JSON Feed, and the feeds of well-known services.
import { closeParser } from '../../src/formats/parse.js';
import { read } from './parse-support.js';

afterAll(closeParser);

type Row = [name: string, document: string, kind: string, expected: object];

const onEntries = (entries: [elements: string, expected: object][]): Row[] =>
  entries.map(([elements, expected]) => [
    `Atom with ${elements}`,
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"><title>T</title>
     <entry><id>i</id><link href="https://site.example/1"/><updated>2026-11-23T09:00:00Z</updated>${elements}</entry></feed>`,
    'atom',
    expected,
  ]);

const onItems = (items: [elements: string, expected: object][]): Row[] =>
  items.map(([elements, expected]) => [
    `RSS with ${elements}`,
    `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:h="http://www.w3.org/1999/xhtml"><channel><title>T</title><item><guid>i</guid><link>https://site.example/1</link>${elements}</item></channel></rss>`,
    'rss',
    expected,
  ]);

test.each<Row>([
  [
    'RSS 0.91 with its document type',
    `<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
     <rss version="0.91"><channel><title>T</title><item><title>x</title><link>https://site.example/1</link></item></channel></rss>`,
    'rss',
    { title: 'x', url: 'https://site.example/1' },
  ],
  [
    'Atom with replies (RFC 4685 section 4)',
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>T</title><entry>
     <title>x</title><link href="https://site.example/1"/><thr:total>5</thr:total>
     <link rel="replies" type="application/atom+xml" href="https://site.example/1/replies.xml"/>
     <link rel="replies" type="text/html" href="https://site.example/1#replies"/></entry></feed>`,
    'atom',
    { title: 'x', commentCount: 5, commentsUrl: 'https://site.example/1#replies' },
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
  ...[
    '<iframe src="https://video.example/1"/>',
    '<video controls="controls"/>',
    '<script src="x" />',
    '<svg/>',
    "<object data='a>b'/>",
    '<audio\n/>',
    '<span class="x"/>',
    '<style/><title/><h:canvas xmlns:h="http://www.w3.org/1999/xhtml"/>',
  ].map((tag): Row => [
    `Atom in XHTML with ${tag}`,
    `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>x</title><id>i</id><updated>2026-11-23T09:00:00Z</updated>
     <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The start:</p>${tag}<p>The <b>rest</b>.<br/></p></div></content></entry></feed>`,
    'atom',
    { text: expect.stringMatching(/^The start:\s+The rest\.$/) },
  ]),
  [
    'RSS whose HTML has a self-closed frame',
    `<rss version="2.0"><channel><title>T</title><item><title>x</title><guid>i</guid>
     <description><![CDATA[<p>The start:</p><iframe src="https://video.example/1"/><p>The rest.</p>]]></description></item></channel></rss>`,
    'rss',
    { text: expect.stringMatching(/^The start:\s+The rest\.$/) },
  ],
  [
    'RSS whose XHTML is not escaped',
    `<rss version="2.0"><channel><title>T</title><item><title>x</title><guid>i</guid>
     <description><p>The start:</p><video src="a.mp4"/><p>The rest.</p></description></item></channel></rss>`,
    'rss',
    { text: expect.stringMatching(/^The start:\s+The rest\.$/) },
  ],
  [
    'RSS whose HTML has what only looks like self-closed tags',
    `<rss version="2.0"><channel><title>T</title><item><title>x</title><guid>i</guid>
     <description><![CDATA[<p>The start.</p><script src="a.js"/>var a;</script><canvas data-a=b/>A drawing</canvas>]]></description></item></channel></rss>`,
    'rss',
    { text: 'The start.' },
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
  ...['"1.1"', '"1"', '1.1', '"http://www.jsonfeed.org/version/1.1/"', 'null'].map((version): Row => [
    `JSON Feed that calls its version ${version}`,
    `{"version": ${version}, "title": "T", "items": [{"id": "1", "url": "https://site.example/1", "content_text": "x"}]}`,
    'json',
    { guid: '1', url: 'https://site.example/1', text: 'x' },
  ]),
  ...onEntries([
    ['<content type="image/png">iVBORw0KGgo=</content>', { text: '', html: '' }],
    ['<summary>s</summary><content type="application/pdf">JVBERi0xLjc=</content>', { text: 's' }],
    [
      '<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg></content>',
      { text: '' },
    ],
    ['<content type="text/markdown">a *b* &lt;c></content>', { text: 'a *b* <c>' }],
    ['<content type="image/png" src="/a.png"/>', { image: { url: 'https://site.example/a.png' } }],
    [
      '<media:group><media:description type="plain">Film &lt;1></media:description></media:group>',
      { text: 'Film <1>' },
    ],
    ['<media:description type="html">&lt;b>Film&lt;/b></media:description>', { html: '<b>Film</b>' }],
    [
      '<media:content url="a.mp4"><media:description type="plain">Film</media:description></media:content>',
      { text: 'Film' },
    ],
    ['<dc:title>A title</dc:title>', { title: 'A title' }],
    [
      '<title type="html">&lt;img src="a.jpg" alt="A cat &amp;amp; a dog"></title>',
      { title: 'A cat & a dog' },
    ],
    [
      '<title type="html">Tide &lt;img alt="Logo" src="a.png">&lt;img class="emoji" alt="🌊"></title>',
      { title: 'Tide 🌊' },
    ],
  ]),
  ...onItems([
    [
      '<body xmlns="http://www.w3.org/1999/xhtml"><p>All <b>of</b> it</p></body>',
      { html: '<p>All <b>of</b> it</p>' },
    ],
    ['<h:body><h:p>All of it</h:p></h:body>', { html: '<p>All of it</p>' }],
    [
      '<description>Short</description><div xmlns="http://www.w3.org/1999/xhtml">All &amp; more</div>',
      { text: 'All & more', excerpt: 'Short' },
    ],
    ['<media:group><media:description type="plain">Film</media:description></media:group>', { text: 'Film' }],
    ['<atom:title>A title</atom:title><atom:summary>s</atom:summary>', { title: 'A title', text: 's' }],
    ['<title>&lt;img src="a.jpg" alt="A cat"></title>', { title: 'A cat' }],
    ['<author>ann@site.example</author>', { author: null }],
    ['<author>mailto:ann@site.example</author>', { author: null }],
    ['<author>Ann Lee &lt;ann@site.example></author>', { author: 'Ann Lee' }],
    ['<dc:creator>ann@site.example (Ann Lee)</dc:creator>', { author: 'Ann Lee' }],
    ['<dc:creator>ann@site.example</dc:creator><dc:creator>Ben (BBC)</dc:creator>', { author: 'Ben (BBC)' }],
    ['<dc:creator>@ann@social.example</dc:creator>', { author: '@ann@social.example' }],
  ]),
  ...[
    ['r:', 'xmlns:r="http://backend.userland.com/rss2"'],
    ['r:', ''],
    ['', 'xmlns="http://backend.userland.com/rss2"'],
  ].map(([prefix = '', namespace = '']): Row => [
    `RSS with the prefix ${prefix} and ${namespace}`,
    `<R:rss version="2.0" NS><R:channel><R:title>T</R:title><R:item><R:title>x</R:title><R:link>https://site.example/1</R:link>
     <R:description><![CDATA[<r:b>y]]></R:description></R:item></R:channel></R:rss>`
      .replaceAll('R:', prefix)
      .replace('NS', namespace),
    'rss',
    { title: 'x', url: 'https://site.example/1', text: 'y' },
  ]),
  [
    'JSON Feed with escaped characters of windows-1252',
    String.raw`{"version": "1", "title": "T", "items": [{"id": "1", "title": "Don\u0092t", "content_html": "It\u0092s \u0085"}]}`,
    'json',
    { title: 'Don’t', html: 'It’s …' },
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

test.each<[string, string]>([
  ['RSS', '<rss version="2.0" NS><channel><dc:title>The Quay</dc:title></channel></rss>'],
  [
    'RSS with the title of Atom',
    '<rss version="2.0" NS><channel><atom:title>The Quay</atom:title></channel></rss>',
  ],
  ['Atom', '<feed xmlns="http://www.w3.org/2005/Atom" NS><dc:title>The Quay</dc:title></feed>'],
  [
    'RSS 1.0',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" NS><channel><dc:title>The Quay</dc:title></channel></rdf:RDF>',
  ],
])('the title of a feed in another namespace: %s', async (_, document) => {
  const namespaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"';
  expect((await read(document.replace('NS', namespaces))).title).toBe('The Quay');
});
