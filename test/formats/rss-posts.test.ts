// Reading the posts of RSS 2.0.
import { closeParser } from '../../src/formats/parse.js';
import { read, rss } from './parse-support.js';

afterAll(closeParser);

describe('RSS 2.0', () => {
  test('a post with everything', async () => {
    const feed = await read(
      rss(`<item><title>Tom &amp;amp; &lt;em&gt;Jerry&lt;/em&gt;</title><link>https://site.example/1?a=1&amp;b=2</link>
        <guid isPermaLink="false">g1</guid><description>&lt;p&gt;Short.&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>Long <a href="/about">text</a> &amp; more.</p>]]></content:encoded>
        <dc:creator>Zoë</dc:creator><dc:creator>Łukasz</dc:creator><category>News</category><category>A &amp;amp; B</category>
        <pubDate>Mon, 23 Nov 2026 07:30:00 +0100</pubDate><slash:comments>7</slash:comments><comments>/1#comments</comments>
        <enclosure url="/e.mp3" type="audio/mpeg" length="1"/><itunes:duration>12:05</itunes:duration>
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
        html:
          '<p><a href="https://site.example/e.mp3" data-digest-media="audio-file" data-digest-seconds="725">▶ site.example</a></p>' +
          '<p>Long <a href="https://site.example/about">text</a> &amp; more.</p>',
        text: 'Long text & more.',
        excerpt: 'Short.',
        author: 'Zoë, Łukasz',
        image: { url: 'https://site.example/large.jpg', width: 800, height: 400, alt: 'A quay' },
        topics: ['News', 'A & B'],
        commentCount: 7,
        commentsUrl: 'https://site.example/1#comments',
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
