// Posts, feeds and subscribers through the API.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSecrets } from '../../src/secrets.js';
import { suppressComplained } from '../../src/subscribers/suppressions.js';
import { runImport } from '../../src/imports/run-import.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { evidence, makeNewsletter, secretKey } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);
let site: Server;
let feedUrl: string;
let newsletterId: string;

const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>The site</title><link>https://news.example.org/</link>
  <description>d</description><item><title>From the feed</title><link>https://news.example.org/feed/1</link>
  <guid>feed-1</guid><pubDate>${new Date().toUTCString()}</pubDate></item></channel></rss>`;

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db)).id;
  site = createServer((req, res) => {
    if (req.url === '/feed.xml') res.setHeader('content-type', 'application/rss+xml').end(rss);
    else res.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => site.once('listening', resolve));
  feedUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/feed.xml`;
});
closeAfterAll(async () => {
  site.close();
});

describe('posts', () => {
  test('one is pushed, known again by its guid, and cleaned', async () => {
    const path = `/newsletters/${newsletterId}/posts`;
    const post = {
      guid: 'pushed-1',
      url: 'https://news.example.org/pushed/1',
      title: 'Pushed',
      html: '<p onclick="x()">Hello <script>alert(1)</script>you</p>',
      publishedAt: '2001-01-01T00:00:00+02:00',
    };
    const first = await app.api('POST', path, post);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ found: 1, created: 1 });
    const again = await app.api('POST', path, [{ ...post, title: 'Pushed, corrected' }]);
    expect(again.body).toMatchObject({ created: 0, updated: 1, postIds: first.body['postIds'] });

    const [postId] = first.body['postIds'] as string[];
    const stored = await app.api('GET', `/posts/${postId}`);
    expect(stored.body).toMatchObject({ title: 'Pushed, corrected', state: 'eligible', pinned: false });
    expect(stored.body['html']).toContain('Hello');
    expect(stored.text).not.toMatch(/script|onclick/);
    const held = await app.api('PATCH', `/posts/${postId}`, { state: 'held', pinned: true });
    expect(held.body).toMatchObject({ state: 'held', pinned: true });
    expect((await app.api('GET', `${path}?state=held`)).body.data).toHaveLength(1);
    expect((await app.api('GET', `${path}?state=eligible`)).body.data).toHaveLength(0);
  });

  test.each([
    ['guid', { title: 'Nameless' }],
    ['title', { guid: 'g' }],
    ['url', { title: 'T', url: 'javascript:alert(1)' }],
    ['publishedAt', { title: 'T', guid: 'g', publishedAt: 'yesterday' }],
  ])('a post without a sound %s is refused', async (path, post) => {
    const { status, body } = await app.api('POST', `/newsletters/${newsletterId}/posts`, post);
    expect(status).toBe(400);
    expect(JSON.stringify(body['errors'])).toContain(path);
  });

  test('nothing is pushed to a newsletter that is not there', async () => {
    expect((await app.api('POST', '/newsletters/999/posts', { guid: 'g', title: 'T' })).status).toBe(404);
  });
});

describe('a withdrawn post', () => {
  const push = {
    guid: 'https://blog.example.org/?p=7',
    url: 'https://blog.example.org/seven',
    title: 'Seven',
  };
  const withdraw = (guid: string, options = {}) =>
    app.api(
      'DELETE',
      `/newsletters/${newsletterId}/posts?guid=${encodeURIComponent(guid)}`,
      undefined,
      options,
    );

  test('leaves the issues to come, and is news again when it is pushed again', async () => {
    const path = `/newsletters/${newsletterId}/posts`;
    const [postId] = (await app.api('POST', path, push)).body['postIds'] as string[];
    const first = (await app.api('GET', `/posts/${postId}`)).body;
    expect((await withdraw(push.guid)).status).toBe(204);
    expect((await withdraw(push.guid)).status).toBe(204);
    expect((await app.api('GET', `/posts/${postId}`)).body).toMatchObject({
      state: 'excluded',
      retractedAt: expect.any(String),
    });
    await app.api('POST', path, { ...push, title: 'Seven, again' });
    const back = (await app.api('GET', `/posts/${postId}`)).body;
    expect(back).toMatchObject({ state: 'eligible', retractedAt: null, title: 'Seven, again' });
    expect(Number(back['seq'])).toBeGreaterThan(Number(first['seq']));
    const { data } = (await app.api('GET', '/audit')).body;
    expect(data?.find(({ action }) => action === 'posts.withdraw')).toMatchObject({
      subject: `post:${postId}`,
    });
  });

  test('that a person had excluded does not come back', async () => {
    const path = `/newsletters/${newsletterId}/posts`;
    const excluded = { ...push, guid: 'g-8', url: 'https://blog.example.org/eight', title: 'Eight' };
    const [postId] = (await app.api('POST', path, excluded)).body['postIds'] as string[];
    await app.api('PATCH', `/posts/${postId}`, { state: 'excluded' });
    expect((await withdraw('g-8')).status).toBe(204);
    await app.api('POST', path, excluded);
    expect((await app.api('GET', `/posts/${postId}`)).body).toMatchObject({ state: 'excluded' });
  });

  test.each(['0', 'abc', '99999999999999999999'])('of newsletter %s is not found', async (id) => {
    expect((await app.api('DELETE', `/newsletters/${id}/posts?guid=x`)).status).toBe(404);
  });

  test('must have been pushed to this newsletter, by a key that may write', async () => {
    expect((await withdraw('never-pushed')).status).toBe(404);
    expect((await app.api('DELETE', `/newsletters/${newsletterId}/posts`)).status).toBe(400);
    expect((await withdraw(push.guid, { key: await app.key('viewer') })).status).toBe(403);
    const other = await makeNewsletter(database.db, { slug: 'another-one' });
    const path = `/newsletters/${other.id}/posts?guid=${encodeURIComponent(push.guid)}`;
    expect((await app.api('DELETE', path)).status).toBe(404);
  });
});

describe('feeds', () => {
  test('a feed is added, polled, stopped and removed', async () => {
    const path = `/newsletters/${newsletterId}/feeds`;
    const added = await app.api('POST', path, { url: feedUrl });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ status: 'new', url: feedUrl });
    expect((await app.api('POST', path, { url: feedUrl })).body.code).toBe('feed-exists');
    const polled = await app.api('POST', `/feeds/${added.body.id}/poll`);
    expect(polled.body).toMatchObject({ status: 'polled', found: 1, created: 1 });
    const health = await app.api('GET', `/feeds/${added.body.id}`);
    expect(health.body).toMatchObject({ status: 'ok', title: 'The site', kind: 'rss', lastError: null });
    const stopped = await app.api('PATCH', `/feeds/${added.body.id}`, { disabled: true });
    expect(stopped.body).toMatchObject({ status: 'disabled' });
    expect((await app.api('POST', `/feeds/${added.body.id}/poll`)).body.code).toBe('feed-disabled');
    expect((await app.api('DELETE', `/feeds/${added.body.id}`)).status).toBe(204);
    expect((await app.api('GET', path)).body.data).toEqual([]);
  });

  test('a failing feed shows the reason', async () => {
    const url = feedUrl.replace('feed.xml', 'gone.xml');
    const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, { url });
    const polled = await app.api('POST', `/feeds/${added.body.id}/poll`);
    expect(polled.status).toBe(200);
    expect(polled.body).toMatchObject({ status: 'failed', error: expect.stringContaining('404') });
    expect((await app.api('GET', `/feeds/${added.body.id}`)).body).toMatchObject({
      status: 'failing',
      failures: 1,
    });
  });

  test('addresses inside the network are refused', async () => {
    for (const url of [
      'http://169.254.169.254/latest',
      'http://10.0.0.1/',
      'file:///etc/passwd',
      'nonsense',
    ]) {
      const { status, body } = await app.api('POST', `/newsletters/${newsletterId}/feeds`, { url });
      expect([status, body.code]).toEqual([400, 'feed-refused']);
    }
  });
});

describe('subscribers', () => {
  test('one is added, found, changed, exported, erased, and not brought back', async () => {
    const made = await app.api('POST', '/subscribers', {
      email: 'Ada@Readers.example.org',
      name: 'Ada',
      newsletterId,
      status: 'active',
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      email: 'Ada@readers.example.org',
      subscriptions: [expect.objectContaining({ status: 'active', newsletterId })],
    });
    const again = await app.api('POST', '/subscribers', { email: 'ada@readers.example.org' });
    expect([again.status, again.body.id]).toEqual([200, made.body.id]);
    const found = await app.api('GET', '/subscribers?email=ADA%40readers.example.org&status=active');
    expect(found.body.data).toHaveLength(1);
    const path = `/subscribers/${made.body.id}`;
    expect((await app.api('PATCH', path, { name: 'Ada L.' })).body).toMatchObject({ name: 'Ada L.' });
    const exported = await app.api('GET', `${path}/export`);
    expect(exported.body).toMatchObject({
      consents: [
        expect.objectContaining({ event: 'added', via: 'api' }),
        expect.objectContaining({ event: 'changed', via: 'api', detail: { name: 'Ada L.' } }),
      ],
    });
    const left = await app.api('PATCH', path, { newsletterId, status: 'unsubscribed' });
    expect(left.body).toMatchObject({ subscriptions: [expect.objectContaining({ status: 'unsubscribed' })] });
    const back = await app.api('POST', '/subscribers', {
      email: 'ada@readers.example.org',
      newsletterId,
      status: 'active',
    });
    expect([back.status, back.body.code]).toEqual([409, 'unsubscribed']);
    expect((await app.api('DELETE', path)).status).toBe(204);
    expect((await app.api('GET', path)).status).toBe(404);
    const suppressed = await app.api('POST', '/subscribers', {
      email: 'ada@readers.example.org',
      newsletterId,
    });
    expect([suppressed.status, suppressed.body.code]).toEqual([409, 'suppressed']);
    const [suppression] =
      (await app.api('GET', '/suppressions?email=ada@readers.example.org')).body.data ?? [];
    expect(suppression).toMatchObject({ reason: 'erasure' });
    const where = `/suppressions/${String(suppression?.['id'])}`;
    const byEditor = await app.api('DELETE', `${where}?note=x`, undefined, { key: await app.key('editor') });
    expect([byEditor.status, byEditor.body.code]).toEqual([403, 'owner-only']);
    expect((await app.api('DELETE', where)).body.code).toBe('note-missing');
    expect((await app.api('DELETE', `${where}?note=signed%20up%20again`)).status).toBe(204);
  });

  test('only an owner’s key lifts a suppression by a complaint, with a note for the audit log', async () => {
    const email = 'annoyed@readers.example.org';
    const made = await app.api('POST', '/subscribers', { email, newsletterId, status: 'active' });
    const at = new Date();
    await suppressComplained(database.db, {
      subscriberId: made.body.id ?? '',
      evidence: evidence('report'),
      at,
    });
    const [suppression] = (await app.api('GET', `/suppressions?email=${email}`)).body.data ?? [];
    const path = `/suppressions/${String(suppression?.['id'])}`;
    const lift = (query: string, options?: { key: string }) =>
      app.api('DELETE', `${path}${query}`, undefined, options);
    const editor = { key: await app.key('editor') };
    const byEditor = await lift('?note=please', editor);
    expect([byEditor.status, byEditor.body.code]).toEqual([403, 'owner-only']);
    for (const query of ['', '?note=%20']) {
      const without = await lift(query);
      expect([without.status, without.body.code]).toEqual([422, 'note-missing']);
    }
    expect((await app.api('GET', path)).body).toMatchObject({ reason: 'complaint' });
    expect((await lift('?note=asked%20by%20letter')).status).toBe(204);
    expect((await lift('?note=asked%20by%20letter')).status).toBe(404);
    expect((await app.api('GET', '/audit?limit=1')).body.data).toEqual([
      expect.objectContaining({ action: 'suppression.remove', detail: { note: 'asked by letter' } }),
    ]);

    await app.api('POST', '/suppressions', { email });
    expect((await lift('', editor)).status).toBe(204);
  });

  test('a bad address is refused by name', async () => {
    const { status, body } = await app.api('POST', '/subscribers', { email: 'not an address' });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ path: 'email' })]);
  });

  test('an import is stored and run, and lists each invalid line', async () => {
    const csv = 'email,name,status\nimp1@readers.example.org,One,active\nnonsense,,active\n';
    const path = `/newsletters/${newsletterId}/imports`;
    const options = { raw: csv, headers: { 'content-type': 'text/csv; charset=utf-8' } };
    const started = await app.api('POST', `${path}?basis=Signed%20up%20on%20paper`, undefined, options);
    expect(started.status).toBe(202);
    const deps = { db: database.db, secrets: openSecrets(secretKey), now: () => new Date() };
    await runImport(deps, { importId: started.body.id ?? '' });
    const done = await app.api('GET', `/imports/${started.body.id}`);
    expect(done.body).toMatchObject({
      state: 'finished',
      basis: 'Signed up on paper',
      rows: 2,
      created: 1,
      errors: [{ line: 3, reason: expect.any(String) }],
    });
    expect((await app.api('POST', path, { email: 'x' })).status).toBe(415);
    expect((await app.api('POST', path, undefined, { ...options, raw: 'name\nx\n' })).body.code).toBe(
      'no-email-column',
    );
  });
});
