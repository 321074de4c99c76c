// Reading documents that are not well-formed, refusing what is no feed, and never expanding entities.
import { gzipSync } from 'node:zlib';
import { closeParser, parseFeed } from '../../src/formats/parse.js';
import { read, rss, url } from './parse-support.js';

afterAll(closeParser);

async function refusal(document: string | Uint8Array): Promise<string> {
  const result = await parseFeed({ body: Buffer.from(document), url });
  return result.ok ? `read: ${JSON.stringify(result.feed)}` : result.detail;
}

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
    ['words', 'Hello there', /not a feed/],
    ['some XML', '<?xml version="1.0"?><catalogue><book/></catalogue>', /not a feed/],
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
      '<rss version="2.0"><channel><item><title</item><item><link></channel></rss>',
      /damaged/,
    ],
    ['items without anything in them', rss('<item/><item><pubDate>x</pubDate></item>'), /None of the items/],
    [
      'an item whose title is white space',
      rss('<item><title><![CDATA[ ]]></title></item>'),
      /None of the items/,
    ],
    ['a packed file that unfolds', gzipSync(Buffer.alloc(50_000_000, 'a')), /larger than 5 MB/],
    ['a packed file that is cut', gzipSync('<rss/>').subarray(0, 15), /compressed document is damaged/],
    ['zeros', Buffer.alloc(100), /empty/],
    ['a document type without an end', '<!DOCTYPE rss [ <!ENTITY a "b">', /cut off/],
  ])('%s is refused in words', async (_, document, words) => {
    expect(await refusal(document)).toMatch(words);
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
