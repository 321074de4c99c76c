// Reading documents that are not well-formed, refusing what is no feed, and never expanding entities.
import { gzipSync } from 'node:zlib';
import { closeParser, parseFeed } from '../../src/formats/parse.js';
import { read, rss, url } from './parse-support.js';
import { inEnglish } from '../../src/languages/translate.js';

afterAll(closeParser);

async function refusal(document: string | Uint8Array): Promise<string> {
  const result = await parseFeed({ body: Buffer.from(document), url });
  return result.ok ? `read: ${JSON.stringify(result.feed)}` : inEnglish(result.reason);
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
      'cut off within a post, which the next poll may bring whole',
      '<rss version="2.0"><channel><title>T</title><item><title>a</title></item><item><title>b</title>',
      ['a'],
    ],
    [
      'without an end tag of the last post',
      '<rss version="2.0"><channel><item><title>a</title><item><title>b</title></channel></rss>',
      ['a', 'b'],
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
    ['a feed that is cut off after its title', '<rss version="2.0"><channel><title>T</title>', /cut off/],
    ['an Atom feed that is cut off', '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</ti', /cut off/],
    ['a feed that is cut off in its first post', '<rss><channel><item><title>a</title>', /cut off/],
    ['a JSON Feed whose items are empty', '{"version":"1","title":"T","items":[{},7]}', /JSON/],
    [
      'a JSON Feed whose items hold nothing',
      '{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"tags":["a"]}]}',
      /None of the items/,
    ],
    ['a document type without an end', '<!DOCTYPE rss [ <!ENTITY a "b">', /cut off/],
  ])('%s is refused in words', async (_, document, words) => {
    expect(await refusal(document)).toMatch(words);
  });
});

test('a packed file is read in spite of bytes after it, or of a second packing', async () => {
  const packed = gzipSync(rss('<item><title>a</title></item>'));
  for (const file of [Buffer.concat([packed, Buffer.from('<!-- x -->')]), gzipSync(packed)])
    expect((await read(file)).posts.map(({ title }) => title)).toEqual(['a']);
});

describe('entities', () => {
  test.each<[string, string, string, string]>([
    ['a name', '<!ENTITY site "The Quay">', 'News of &site;', 'News of The Quay'],
    ['single quotes', '<!ENTITY site \'The "Quay"\'>', '&site;', 'The "Quay"'],
    ['characters', '<!ENTITY dash "&#8212;"><!ENTITY amp2 "&amp;">', 'a &dash; b &amp2; c', 'a — b & c'],
    ['the first of two', '<!ENTITY a "one"><!ENTITY a "two">', '&a;', 'one'],
    ['not in CDATA', '<!ENTITY a "one">', '<![CDATA[&a; &amp;a;]]>', '&a; &a;'],
    ['one of XML’s own', '<!ENTITY lt "x">', '1 &lt; 2', '1 < 2'],
    ['a tag', '<!ENTITY a "<b>x</b>">', 'y &a;', 'y &a;'],
  ])('that are plain text are expanded: %s', async (_, declarations, title, expected) => {
    const { posts } = await read(
      `<!DOCTYPE rss [${declarations}]><rss version="2.0"><channel><item><title>${title}</title></item></channel></rss>`,
    );
    expect(posts[0]?.title).toBe(expected);
  });

  test('a long one that is used often is expanded up to a limit', async () => {
    const text = '&a; '.repeat(10_000);
    const { posts } = await read(
      `<!DOCTYPE rss [<!ENTITY a "${'x'.repeat(1000)}">]><rss><channel><item><title>t</title><description>${text}</description></item></channel></rss>`,
    );
    expect(posts[0]?.text.length).toBeLessThan(300_000);
  });

  test('that multiply or read files are never expanded', async () => {
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
