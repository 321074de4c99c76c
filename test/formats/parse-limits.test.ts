// Limits of time, memory and posts when a document is read.
import { closeParser, parseFeed } from '../../src/formats/parse.js';
import { cpuTime } from '../support/cpu-time.js';
import { read, rss, url } from './parse-support.js';

afterAll(closeParser);

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
    expect(await parseFeed({ body, url }, { milliseconds: 300, megabytes: 192, alone: 300 })).toEqual({
      ok: false,
      reason: { key: 'fetch.readSlow', args: { seconds: 0.3 } },
    });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect((await read(rss('<item><title>next</title></item>'))).posts[0]?.title).toBe('next');
  });

  test('a document that takes too much memory ends its thread alone', async () => {
    const body = Buffer.from(rss('<item><title>x</title><category>y</category></item>'.repeat(60_000)));
    expect(await parseFeed({ body, url }, { milliseconds: 30_000, megabytes: 16, alone: 1_000 })).toEqual({
      ok: false,
      reason: { key: 'fetch.readMemory' },
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
    ['unclosed comments', `<item><title>x</title>${'<!--'.repeat(50_000)}</item>`],
    [
      'unclosed CDATA',
      `<item><title>x</title><description>${'<![CDATA['.repeat(20_000)}</description></item>`,
    ],
    ['tags without an end', `<item><title>x</title>${'<link>a<title>b'.repeat(8_000)}</item>`],
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

  test('a slow document does not hold the others up', async () => {
    const item = `<item><title>x</title><description>${'&lt;div&gt;&lt;b&gt;'.repeat(50_000)}</description></item>`;
    const body = Buffer.from(rss(item.repeat(8)));
    const order: string[] = [];
    const reading = async (name: string, input: { body: Buffer; url: string }): Promise<void> => {
      await parseFeed(input, { milliseconds: 30_000, megabytes: 192, alone: 20 });
      order.push(name);
    };
    const quick = Buffer.from(rss('<item><title>y</title></item>'));
    await Promise.all([reading('slow', { body, url }), reading('quick', { body: quick, url })]);
    expect(order).toEqual(['quick', 'slow']);
  });
});
