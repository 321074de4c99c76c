// Answers of servers that break the rules of HTTP: wrong codings, and redirects that want a cookie back.
import zlib from 'node:zlib';
import { fetchFeed } from '../../src/feeds/fetch.js';
import { readAllowance } from '../../src/outbound/allowed-addresses.js';
import { RedirectCookies } from '../../src/outbound/redirect-cookies.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';

let site: FeedServer;
beforeAll(async () => {
  site = await startFeedServer((_, response) => response.end('<rss/>'));
});
afterAll(() => site.close());

const fetchIt = () =>
  fetchFeed({
    url: `${site.url}/feed`,
    baseUrl: 'https://digest.example',
    allowance: readAllowance(['127.0.0.1']),
    limits: { milliseconds: 10_000 },
  });

describe('a document', () => {
  const doc = '<rss>words</rss>'.repeat(1000);
  const packed = zlib.gzipSync(doc);
  test.each<[string, string, Buffer]>([
    ['a charset in place of a coding', 'utf-8', Buffer.from(doc)],
    ['a coding that no one applied', 'gzip', Buffer.from(doc)],
    ['another that no one applied', 'br', Buffer.from(doc)],
    ['gzip in gzip', 'gzip, gzip', zlib.gzipSync(packed)],
    ['gzip that is named twice', 'gzip, gzip', packed],
    ['brotli over gzip', 'gzip, br', zlib.brotliCompressSync(packed)],
    ['gzip under another name', 'utf-8, x-packed', packed],
    ['a comment after gzip', 'gzip', Buffer.concat([packed, Buffer.from('<!-- cached -->')])],
    ['a line end after gzip', 'gzip', Buffer.concat([packed, Buffer.from('\r\n')])],
    ['zeros after gzip', 'gzip', Buffer.concat([packed, Buffer.alloc(50)])],
    [
      'gzip in two members',
      'gzip',
      Buffer.concat([zlib.gzipSync(doc.slice(0, 500)), zlib.gzipSync(doc.slice(500))]),
    ],
    ['bytes after deflate', 'deflate', Buffer.concat([zlib.deflateSync(doc), Buffer.from('\n\n')])],
    ['nothing but names', 'identity, none, UTF-8', Buffer.from(doc)],
  ])('is read in spite of %s', async (_, encoding, body) => {
    for (const pieces of [1, 3]) {
      site.answer = (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        const length = Math.ceil(body.length / pieces);
        for (let at = 0; at < body.length; at += length) response.write(body.subarray(at, at + length));
        response.end();
      };
      const result = await fetchIt();
      expect(result.status === 'fetched' ? Buffer.from(result.body).toString() : result).toBe(doc);
    }
  });

  test.each<[string, Buffer, string]>([
    ['zstd', Buffer.from('28b52ffd0458', 'hex'), 'The server compresses its answer in an unknown way (zstd)'],
    ['gzip', packed.subarray(0, 60), 'The compressed answer is damaged'],
    ['br', Buffer.from('\x00\x01\x02 no brotli at all'), 'The compressed answer is damaged'],
  ])('is refused in words if it cannot be decompressed: %s', async (encoding, body, detail) => {
    site.answer = (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body);
    expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'encoding', detail });
  });

  test('is followed through redirects that want their cookies back', async () => {
    site.answer = (request, response) => {
      const cookie = request.headers.cookie ?? '';
      if (cookie === 'seen=1; token="a.b"') response.end('<rss/>');
      else
        response
          .writeHead(302, {
            location: '/feed',
            'set-cookie': [
              'seen=1; Path=/; HttpOnly',
              'token="a.b"; Max-Age=60',
              'old=1; Max-Age=0',
              'x=y; Domain=example.com',
            ],
          })
          .end();
    };
    expect(await fetchIt()).toMatchObject({ status: 'fetched' });
    expect(site.requests.slice(-2).map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      'seen=1; token="a.b"',
    ]);
  });
});

describe('cookies of a redirect', () => {
  test.each<[string, string, string, string | undefined]>([
    ['https://a.example/x/feed', 'c=1', 'https://a.example/x/other', 'c=1'],
    ['https://a.example/x/feed', 'c=1', 'https://a.example/y', undefined],
    ['https://a.example/feed', 'c=1', 'https://b.example/feed', undefined],
    ['https://a.example/feed', 'c=1', 'https://www.a.example/feed', undefined],
    ['https://www.a.example/feed', 'c=1; Domain=.a.example', 'https://a.example/feed', 'c=1'],
    ['https://a.example/feed', 'c=1; Domain=example', 'https://b.example/feed', undefined],
    ['https://a.example/feed', 'c=1; Domain=b.example', 'https://b.example/feed', undefined],
    ['https://a.example/feed', 'c=1; Secure', 'http://a.example/feed', undefined],
    [
      'https://a.example/feed',
      'c=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      'https://a.example/feed',
      undefined,
    ],
    ['https://a.example/feed', 'c=a\r\nb', 'https://a.example/feed', undefined],
    ['https://a.example/feed', 'no cookie', 'https://a.example/feed', undefined],
  ])('%s sets %s: %s gets %s', (from, header, to, expected) => {
    const cookies = new RedirectCookies();
    cookies.take(new URL(from), header);
    expect(cookies.headerFor(new URL(to))).toBe(expected);
    expect(cookies.headerFor(new URL(to), 'own=1')).toBe(
      expected === undefined ? 'own=1' : `own=1; ${expected}`,
    );
  });
});
