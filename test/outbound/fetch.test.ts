// Fetching documents from publishers: limits and private addresses.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { fetchFeed, type FetchInput } from '../../src/feeds/fetch.js';
import { createGuardedAgent, PrivateAddressError } from '../../src/outbound/guarded-agent.js';
import { readAllowance } from '../../src/outbound/allowed-addresses.js';
import { issued, relayKey, selfSigned } from '../support/certificates.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';

let site: FeedServer;
beforeEach(async () => {
  site = await startFeedServer((_, response) => response.end('<rss/>'));
});
afterEach(() => site.close());

const fetchIt = (input: Partial<FetchInput> = {}) =>
  fetchFeed({
    url: `${site.url}/feed`,
    baseUrl: 'https://digest.example',
    allowance: readAllowance(['127.0.0.1']),
    limits: { milliseconds: 20_000 },
    ...input,
  });

describe('a document', () => {
  test('comes with the server’s headers; our request names us', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, {
        'content-type': 'text/xml',
        etag: '"1"',
        'last-modified': 'Mon, 23 Nov 2026 07:00:00 GMT',
      });
      response.end('<rss/>');
    };
    expect(await fetchIt()).toEqual({
      status: 'fetched',
      body: Buffer.from('<rss/>'),
      contentType: 'text/xml',
      etag: '"1"',
      lastModified: 'Mon, 23 Nov 2026 07:00:00 GMT',
      url: `${site.url}/feed`,
    });
    expect(site.requests[0]?.headers['user-agent']).toMatch(
      /^DailyDigest\/\d.* \(\+https:\/\/digest\.example\)$/,
    );
  });

  test('is asked for conditionally', async () => {
    site.answer = (request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 200).end();
    };
    expect(await fetchIt({ etag: '"1"', lastModified: 'Mon, 23 Nov 2026 07:00:00 GMT' })).toEqual({
      status: 'not-modified',
    });
    expect(site.requests[0]?.headers['if-modified-since']).toBe('Mon, 23 Nov 2026 07:00:00 GMT');
  });

  test.each<[string, (body: string) => Buffer]>([
    ['gzip', zlib.gzipSync],
    ['br', zlib.brotliCompressSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['identity', (body) => Buffer.from(body)],
  ])('is decompressed: %s', async (encoding, compress) => {
    site.answer = (_, response) => {
      response
        .writeHead(200, { 'content-encoding': encoding })
        .end(compress('<rss>words</rss>'.repeat(1000)));
    };
    const result = await fetchIt();
    expect(result.status === 'fetched' && Buffer.from(result.body).toString()).toBe(
      '<rss>words</rss>'.repeat(1000),
    );
  });

  test('is followed through redirects', async () => {
    site.answer = (request, response) => {
      if (request.url === '/blog/feed.xml') response.end('<rss/>');
      else response.writeHead(301, { location: '/blog/feed.xml' }).end();
    };
    expect(await fetchIt()).toMatchObject({
      status: 'fetched',
      url: `${site.url}/blog/feed.xml`,
      movedTo: `${site.url}/blog/feed.xml`,
    });
  });

  test.each<[string, number[], string | undefined]>([
    ['for good, twice', [301, 308], '/2'],
    ['for now', [302], undefined],
    ['for good, then for now', [301, 302], '/1'],
    ['for now, then for good', [307, 301], undefined],
  ])('its address changed %s', async (_, statuses, movedTo) => {
    site.answer = (request, response) => {
      const step = Number(/^\/(\d)$/.exec(request.url ?? '')?.[1] ?? 0);
      const status = statuses[step];
      if (status === undefined) response.end('<rss/>');
      else response.writeHead(status, { location: `/${step + 1}` }).end();
    };
    const result = await fetchIt();
    expect('movedTo' in result ? result.movedTo : undefined).toBe(movedTo && `${site.url}${movedTo}`);
  });

  test.each<[Record<string, string>, number | undefined]>([
    [{ 'cache-control': 'public, max-age=1800' }, 1800],
    [{ 'cache-control': 'max-age=1800', age: '600' }, 1200],
    [{ 'cache-control': 'no-cache, max-age=1800' }, undefined],
    [{ 'cache-control': 's-maxage=1800' }, undefined],
    [{}, undefined],
  ])('with %j is fresh for %s seconds', async (headers, seconds) => {
    site.answer = (_, response) => void response.writeHead(200, headers).end('<rss/>');
    const result = await fetchIt();
    expect('freshSeconds' in result ? result.freshSeconds : undefined).toBe(seconds);
  });

  test('brings the links of its header', async () => {
    site.answer = (_, response) =>
      void response
        .writeHead(200, {
          link: '<https://hub.example/>; rel="hub", </feed>; rel=self; title="a, b", <mailto:x>; rel=hub',
        })
        .end('<rss/>');
    expect(await fetchIt()).toMatchObject({
      links: [
        { url: 'https://hub.example/', rels: ['hub'] },
        { url: `${site.url}/feed`, rels: ['self'], title: 'a, b' },
      ],
    });
  });
});

describe('limits', () => {
  const bomb = Buffer.alloc(50 * 1024 * 1024, 'a');
  test.each<[string, (body: Buffer) => Buffer]>([
    ['gzip', (body) => zlib.gzipSync(body)],
    ['br', (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['identity', (body) => body],
  ])('50 MB are stopped at 5: %s', async (encoding, compress) => {
    const body = compress(bomb);
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    };
    const before = process.memoryUsage().arrayBuffers;
    expect(await fetchIt({ limits: { milliseconds: 20_000 } })).toMatchObject({
      status: 'failed',
      code: 'size',
      detail: 'The document is larger than 5 MB',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
  });

  test.each<[string, Parameters<typeof startFeedServer>[0]]>([
    ['a server that says nothing', () => undefined],
    ['a body that never ends', (_, response) => void response.writeHead(200).write('<rss>')],
    [
      'a body that trickles',
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('x'), 50);
        response.on('close', () => clearInterval(drip));
      },
    ],
    [
      'redirects that take their time',
      (_, response) => void setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 300),
    ],
  ])('%s is given up in time', async (_, answer) => {
    site.answer = answer;
    const started = performance.now();
    expect(await fetchIt({ limits: { milliseconds: 500 } })).toMatchObject({
      status: 'failed',
      code: 'timeout',
    });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('a redirect that goes in a circle ends after five', async () => {
    site.answer = (_, response) => {
      response.writeHead(302, { location: '/feed' }).end();
    };
    expect(await fetchIt()).toMatchObject({
      status: 'failed',
      code: 'redirects',
      detail: 'The server redirected more than 5 times',
    });
    expect(site.requests).toHaveLength(6);
  });
});

describe('the failures that the publisher sees', () => {
  test.each<[number, Record<string, string>, object]>([
    [403, {}, { detail: expect.stringMatching(/answered 403 \(it refuses us: .*User-Agent/) }],
    [404, {}, { detail: 'The server answered 404 (there is nothing at this address)' }],
    [418, {}, { detail: 'The server answered 418' }],
    [429, { 'retry-after': '120' }, { retryAfterSeconds: 120 }],
    [503, { 'retry-after': 'Mon, 23 Nov 2020 07:00:00 GMT' }, { retryAfterSeconds: 0 }],
    [500, {}, { detail: 'The server answered 500 (it has an error of its own)' }],
    [302, {}, { detail: 'The server answered 302' }],
  ])('for %s %j', async (status, headers, expected) => {
    site.answer = (_, response) => void response.writeHead(status, headers).end('x');
    const result = await fetchIt();
    expect(result).toMatchObject({ status: 'failed', code: 'status', ...expected });
  });

  test('when it is gone for good', async () => {
    site.answer = (_, response) => void response.writeHead(410).end();
    expect(await fetchIt()).toMatchObject({ code: 'gone', detail: expect.stringContaining('gone for good') });
  });

  test.each<[string, number, Record<string, string>, string]>([
    ['Cloudflare', 403, { server: 'cloudflare', 'cf-ray': '1' }, '<title>Just a moment...</title>'],
    ['Cloudflare', 200, { 'cf-mitigated': 'challenge', 'content-type': 'text/html' }, '<html></html>'],
    ['Cloudflare', 503, {}, '<script src="/cdn-cgi/challenge-platform/h/b"></script>'],
    ['Sucuri', 403, { 'x-sucuri-id': '1' }, ''],
    ['Wordfence', 503, {}, '<p>Generated by Wordfence at Mon</p>'],
    ['AWS WAF', 202, { 'x-amzn-waf-action': 'challenge' }, ''],
    ['Anubis', 200, { 'content-type': 'text/html' }, "<title>Making sure you're not a bot!</title>"],
    ['a captcha', 403, {}, '<div class="g-recaptcha"></div>'],
  ])('when %s keeps robots out with %s', async (guard, status, headers, page) => {
    site.answer = (_, response) => void response.writeHead(status, headers).end(page);
    expect(await fetchIt()).toMatchObject({
      status: 'failed',
      code: 'refused',
      detail: expect.stringMatching(new RegExp(`guarded by ${guard}.* Its owner can change that: `)),
    });
  });

  test('a feed that passed through Cloudflare is a feed, and its error an error', async () => {
    site.answer = (_, response) => void response.writeHead(200, { server: 'cloudflare' }).end('<rss/>');
    expect(await fetchIt()).toMatchObject({ status: 'fetched' });
    site.answer = (_, response) => void response.writeHead(522, { server: 'cloudflare' }).end();
    expect(await fetchIt()).toMatchObject({ detail: expect.stringContaining('does not answer') });
  });

  test('a refusal whose page never ends is still a refusal', async () => {
    site.answer = (_, response) => {
      response.writeHead(403);
      const drip = setInterval(() => response.write('x'.repeat(30_000)), 5);
      response.on('close', () => clearInterval(drip));
    };
    expect(await fetchIt({ limits: { milliseconds: 20_000 } })).toMatchObject({ code: 'status' });
  });

  test('only 429 and 503 say when to come again', async () => {
    site.answer = (_, response) => void response.writeHead(500, { 'retry-after': '120' }).end();
    expect(await fetchIt()).not.toHaveProperty('retryAfterSeconds');
    site.answer = (_, response) =>
      void response.writeHead(503, { 'retry-after': new Date(Date.now() + 600_000).toUTCString() }).end();
    expect(await fetchIt()).toHaveProperty('retryAfterSeconds');
  });

  test('when no server listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await fetchIt({ url: `http://127.0.0.1:${port}/` })).toMatchObject({
      status: 'failed',
      code: 'connection',
      detail: '127.0.0.1 refuses connections',
    });
  });

  test('when the name does not exist', async () => {
    const result = await fetchIt({ url: 'http://nowhere.invalid/', limits: { milliseconds: 10_000 } });
    expect(result).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(result)).toContain('nowhere.invalid');
  });

  test('when the server speaks no TLS', async () => {
    expect(await fetchIt({ url: site.url.replace('http:', 'https:') })).toMatchObject({
      code: 'certificate',
    });
  });

  test.each([
    ['signed by itself', selfSigned, 'its certificate is self-signed'],
    ['from an authority that nobody knows', issued, 'the issuer of its certificate is unknown'],
  ])('when the certificate is %s: in words', async (_, cert, why) => {
    const server = createTlsServer({ key: relayKey, cert }, (_request, response) => response.end('<rss/>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await fetchIt({ url: `https://127.0.0.1:${port}/` })).toMatchObject({
      code: 'certificate',
      detail: `Cannot connect securely to 127.0.0.1: ${why}`,
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test('when the connection breaks in mid-document', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('<rss>');
      setTimeout(() => response.destroy(), 50);
    };
    expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'connection' });
  });

  test.each(['gzip', 'br', 'deflate'])('when the compressed answer is damaged: %s', async (encoding) => {
    site.answer = (_, response) =>
      void response.writeHead(200, { 'content-encoding': encoding }).end('not compressed');
    expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'encoding' });
  });

  test('when the compression is unknown', async () => {
    site.answer = (_, response) => void response.writeHead(200, { 'content-encoding': 'zstd' }).end('x');
    expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'encoding' });
  });
});

describe('private addresses', () => {
  const nobody = readAllowance([]);

  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://169.254.169.254/latest',
    'http://0x7f000001',
    'http://[::ffff:10.0.0.1]',
  ])('%s is refused as a literal', async (url) => {
    expect(await fetchIt({ url, allowance: nobody })).toMatchObject({ status: 'failed', code: 'private' });
  });

  test('a name that leads to one is refused', async () => {
    const { port } = new URL(site.url);
    const result = await fetchIt({ url: `http://localhost:${port}/feed`, allowance: nobody });
    expect(result).toMatchObject({ status: 'failed', code: 'private' });
    expect(site.requests).toHaveLength(0);
  });

  test('a redirect to one is refused', async () => {
    site.answer = (_, response) =>
      void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end();
    expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'private' });
  });

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1/'])(
    'a redirect to %s is refused',
    async (location) => {
      site.answer = (_, response) => void response.writeHead(302, { location }).end();
      expect(await fetchIt()).toMatchObject({ status: 'failed', code: 'address' });
    },
  );

  test('a connected socket is checked for every request', async () => {
    const agent = createGuardedAgent(nobody, 1_000);
    const failure = await agent
      .request({ origin: site.url, path: '/', method: 'GET' })
      .catch((error: unknown) => error);
    await agent.destroy();
    expect(failure).toBeInstanceOf(PrivateAddressError);
    expect(site.requests).toHaveLength(0);
  });

  test('ALLOW_PRIVATE_FEEDS opens one by name', async () => {
    const { port } = new URL(site.url);
    const result = await fetchIt({
      url: `http://localhost:${port}/feed`,
      allowance: readAllowance(['localhost']),
    });
    expect(result).toMatchObject({ status: 'fetched' });
  });
});
