// Feeds in the console: discovery, held posts, stopping and polling.
import { listAccounts } from '../../src/accounts/manage-accounts.js';
import { signDecision } from '../../src/decision-link.js';
import { closeParser } from '../../src/formats/parse.js';
import { closeAfterAll, useApp, useDatabase } from '../support/fixture.js';
import { openSecrets } from '../../src/secrets.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';
import { rss } from '../feeds/feed-newsroom.js';
import { type FeedServer, startFeedServer } from '../support/feed-server.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let site: FeedServer;
let owner: Visitor;
let newsletterId: string;
const home = '/console/newsletters/the-daily-test';
const archive = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    guid: `old <${index}>`.replaceAll('<', '(').replaceAll('>', ')'),
    hoursAgo: 24 * (index + 9),
  }));

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db)).id;
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
  site = await startFeedServer((request, response) => {
    if (request.url === '/')
      response.end(
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>',
      );
    else if (request.url === '/feed') response.end(rss([{ guid: 'found at once' }]));
    else response.writeHead(404).end();
  });
});
closeAfterAll(async () => {
  await site.close();
  await closeParser();
});

test('a site’s address is enough: its feeds are offered, and the chosen one is added', async () => {
  expect((await owner.get(home)).text).toContain(`${home}/feeds/new`);
  await owner.get(`${home}/feeds/new`);
  const found = await owner.post(`${home}/feeds/discover`, { url: site.url });
  expect(found.status).toBe(200);
  expect(found.text).toContain(`<code class="dim" dir="ltr">${site.url}/feed</code>`);
  const added = await owner.post(`${home}/feeds`, { url: `${site.url}/feed`, kind: 'rss' });
  expect(added.location).toMatch(/\/feeds\/\d+\?notice=feed-added$/);
  const page = await owner.get(added.location ?? '');
  expect(page.text).toContain('<h1>The Harbour Blog</h1>');
  expect(page.text).toContain('<li><bdi>found at once');
  const again = await owner.post(`${home}/feeds`, { url: `${site.url}/feed` });
  expect(again.location).toBe(`${home}?notice=feed-exists`);
});

test('an address without feeds says so', async () => {
  await owner.get(`${home}/feeds/new`);
  const found = await owner.post(`${home}/feeds/discover`, { url: `${site.url}/nothing` });
  expect(found.status).toBe(422);
  expect(found.text).toContain('there is nothing at this address');
  expect((await owner.post(`${home}/feeds/discover`, { url: 'http://10.0.0.1/' })).text).toContain(
    'private address',
  );
});

test('a cookie, a header and a rule of identity are set by form or API, and no answer shows a secret', async () => {
  const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, {
    url: `${site.url}/unusual`,
    identity: 'title',
    cookie: 'session=hidden-1',
  });
  expect(added.body).toMatchObject({ identity: 'title', withoutCache: false, hasCookie: true, header: null });
  const page = `${home}/feeds/${added.body.id}`;
  expect((await owner.get(page)).text).toContain('<option value="title" selected>');
  const fields = {
    identity: 'link',
    withoutCache: 'yes',
    keepFurniture: 'yes',
    headerName: 'X-Key',
    headerValue: 'hidden-2',
    pollMinutes: '180',
  };
  expect((await owner.post(`${page}/settings`, fields)).location).toBe(`${page}?notice=feed-changed`);
  const changed = await app.api('GET', `/feeds/${added.body.id}`);
  expect(changed.body).toMatchObject({
    identity: 'link',
    withoutCache: true,
    keepFurniture: true,
    pollMinutes: 180,
    hasCookie: true,
    header: 'X-Key',
  });
  expect((await owner.get(page)).text).toMatch(/name="keepFurniture" value="yes" checked/);
  expect((await owner.get(page)).text).toContain('<option value="180" selected>every 3 hours</option>');
  expect((await owner.post(`${page}/settings`, { pollMinutes: '2' })).status).toBe(422);
  const refused = await owner.post(`${page}/settings`, { headerName: 'Host', headerValue: 'x' });
  expect(refused.status).toBe(422);
  const wrong = await app.api('PATCH', `/feeds/${added.body.id}`, { cookie: 'a\nb' });
  expect(wrong.body).toMatchObject({ code: 'feed-refused', errors: [{ path: 'cookie' }] });
  const emptied = { identity: '', removeCookie: 'yes', removeHeader: 'yes' };
  await owner.post(`${page}/settings`, emptied);
  const after = await app.api('GET', `/feeds/${added.body.id}`);
  expect(after.body).toMatchObject({
    identity: null,
    withoutCache: false,
    keepFurniture: false,
    pollMinutes: null,
    hasCookie: false,
    header: null,
  });
  const shown = JSON.stringify([added, changed, wrong, after, (await owner.get(page)).text]);
  expect(shown).not.toMatch(/hidden-/);
});

test('settings that another person has changed meanwhile are not replaced unseen', async () => {
  const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, { url: `${site.url}/twice` });
  const page = `${home}/feeds/${added.body.id}`;
  const madeFromIn = (text: string): string =>
    (/name="madeFrom" value="([^"]*)"/.exec(text)?.[1] ?? '')
      .replaceAll('&quot;', '"')
      .replaceAll('&#x3D;', '=');
  const madeFrom = madeFromIn((await owner.get(page)).text);
  await app.api('PATCH', `/feeds/${added.body.id}`, { pollMinutes: 60, cookie: 'hidden=1' });
  const mine = { identity: 'guid', keepFurniture: 'yes', headerName: 'X-Key', headerValue: 'hidden-2' };
  const stale = await owner.post(`${page}/settings`, { ...mine, madeFrom });
  expect(stale.status).toBe(409);
  expect([...stale.text.matchAll(/<li dir="auto">([^<]*)<\/li>/g)].map(([, line]) => line)).toEqual([
    'How often we check: as usual: every 10 minutes, or as its server asks → every hour',
    'Cookie: no → yes',
  ]);
  expect(stale.text).toContain('Type the cookie or the value of the header again.');
  expect(stale.text).not.toMatch(/hidden[-=]/);
  expect(stale.text).toContain('<option value="guid" selected>');
  expect(stale.text).toMatch(/name="keepFurniture" value="yes" checked/);
  const kept = await app.api('GET', `/feeds/${added.body.id}`);
  expect(kept.body).toMatchObject({ pollMinutes: 60, identity: null, keepFurniture: false, header: null });
  const again = await owner.post(`${page}/settings`, { ...mine, madeFrom: madeFromIn(stale.text) });
  expect(again.location).toBe(`${page}?notice=feed-changed`);
});

describe('posts that are held', () => {
  async function holding(): Promise<string> {
    const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, {
      url: `${site.url}/${Math.random()}`,
    });
    const feedId = added.body.id ?? '';
    site.answer = (_, response) => void response.end(rss([]));
    await app.api('POST', `/feeds/${feedId}/poll`);
    const entries = archive(30).map((entry) => ({ ...entry, guid: `${feedId} ${entry.guid}` }));
    site.answer = (_, response) => void response.end(rss(entries));
    expect((await app.api('POST', `/feeds/${feedId}/poll`)).body).toMatchObject({ created: 0, held: 30 });
    return feedId;
  }

  test('are shown, and are released or marked as already published by a POST', async () => {
    const known = async () =>
      (await app.api('GET', `/newsletters/${newsletterId}/posts?state=known`)).body.data?.length ?? 0;
    const before = await known();
    const feedId = await holding();
    expect((await owner.get(home)).text).toContain('30 posts held');
    const page = await owner.get(`${home}/feeds/${feedId}`);
    expect(page.text).toContain('30 new posts are held');
    expect((await owner.get(`${home}/feeds/${feedId}/held/release`)).status).toBe(404);
    const settled = await owner.post(`${home}/feeds/${feedId}/held/known`);
    expect(settled.location).toBe(`${home}/feeds/${feedId}?notice=held-known`);
    const shown = await owner.get(settled.location ?? '');
    expect(shown.text).toContain('Marked as already published. They will not be sent.');
    expect(shown.text).not.toContain('are held');
    expect(await known()).toBe(before + 30);
  });

  const linkFor = async (
    feedId: string,
    {
      email = 'owner@example.org',
      kind = 'held',
      days = 30,
    }: { email?: string; kind?: 'held' | 'review'; days?: number } = {},
  ): Promise<string> => {
    const account = (await listAccounts(database.db, { limit: 10 })).find((one) => one.email === email);
    const token = signDecision(
      openSecrets(secretKey).derive('review-links'),
      kind,
      { id: feedId, accountId: account?.id ?? '0' },
      new Date(Date.now() + days * 86_400_000),
    );
    return `/held/${token}`;
  };

  test('are settled at the link of the mail, without sign-in, only by a POST', async () => {
    const feedId = await holding();
    const link = await linkFor(feedId);
    const anybody = visitor(app.url);
    const page = await anybody.get(`${link}?do=release`);
    expect(page.text).toContain('30 new posts are held');
    expect(page.text).toContain('old (29)');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect((await anybody.get(`${link}/release`)).status).toBe(404);
    expect((await app.api('GET', `/feeds/${feedId}`)).body).toMatchObject({ held: 30 });
    const settled = await anybody.post(`${link}/release`);
    expect(settled.location).toBe(`${link}?notice=held-released`);
    expect((await anybody.get(settled.location ?? '')).text).toContain('Nothing is held');
    // The other button of the mail.
    expect((await anybody.post(`${link}/known`)).location).toBe(`${link}?notice=held-no-more`);
    const { data } = (await app.api('GET', '/audit')).body as { data: { action: string; subject: string }[] };
    expect(
      data.filter(({ action, subject }) => action === 'feed.settle-held' && subject === `feed:${feedId}`),
    ).toMatchObject([{ actor: expect.stringMatching(/^account:/) as string }]);
  });

  test('are not settled by a link that is old, altered, for another purpose, or of an account without permission', async () => {
    const feedId = await holding();
    const anybody = visitor(app.url);
    const good = await linkFor(feedId);
    const altered = good.slice(0, -1) + (good.endsWith('A') ? 'B' : 'A');
    // The last character has unused bits.
    const alsoAltered =
      good.slice(0, -1) + String.fromCodePoint((good.codePointAt(good.length - 1) ?? 0) + 1);
    await makeAccount(database.db, 'viewer');
    const viewers = await linkFor(feedId, { email: 'viewer@example.org' });
    for (const link of [await linkFor(feedId, { kind: 'review' }), altered, alsoAltered, viewers, '/held/x'])
      expect((await anybody.post(`${link}/release`)).status).toBe(404);
    expect((await anybody.post(`${await linkFor(feedId, { days: -1 })}/release`)).status).toBe(410);
    expect((await anybody.post(`${await linkFor('999999')}/release`)).status).toBe(404);
    expect((await app.api('GET', `/feeds/${feedId}`)).body).toMatchObject({ held: 30 });
  });

  test('can be released through the API too', async () => {
    const feedId = await holding();
    expect((await app.api('GET', `/feeds/${feedId}`)).body).toMatchObject({ held: 30 });
    expect((await app.api('POST', `/feeds/${feedId}/held`, { action: 'maybe' })).status).toBe(400);
    expect((await app.api('POST', `/feeds/${feedId}/held`, { action: 'release' })).body).toEqual({
      posts: 30,
    });
    expect((await app.api('POST', '/feeds/999999/held', { action: 'known' })).status).toBe(404);
  });

  test('cannot be settled by a viewer or by another site', async () => {
    const feedId = await holding();
    const viewer = visitor(app.url);
    await viewer.signIn(await makeAccount(database.db, 'viewer'));
    const seen = (await viewer.get(`${home}/feeds/${feedId}`)).text;
    expect(seen).toContain('Changing it takes the role Editor or Owner.');
    expect(seen).toMatch(/<dt>How often we check<\/dt><dd>as usual: every 10 minutes/);
    expect(seen).not.toContain('<select');
    const page = await viewer.get(`${home}/feeds/${feedId}`);
    expect(page.text).toContain('30 new posts are held');
    expect(page.text).not.toContain('Mark as already published');
    expect((await viewer.post(`${home}/feeds/${feedId}/held/known`)).status).toBe(403);
    await owner.get(`${home}/feeds/${feedId}`);
    const foreign = { origin: 'https://evil.example' };
    expect((await owner.post(`${home}/feeds/${feedId}/held/known`, {}, foreign)).status).toBe(403);
    expect((await app.api('GET', `/feeds/${feedId}`)).body).toMatchObject({ held: 30 });
  });
});

test('a feed is stopped and polled again', async () => {
  const added = await app.api('POST', `/newsletters/${newsletterId}/feeds`, { url: `${site.url}/stop` });
  const page = `${home}/feeds/${added.body.id ?? ''}`;
  await owner.get(page);
  await owner.post(`${page}/stop`);
  expect((await owner.get(page)).text).toContain('Stopped since');
  await owner.post(`${page}/resume`);
  expect((await owner.get(page)).text).toContain('Stop checking');
});

test('another newsletter’s feed is not found', async () => {
  const { id } = await makeNewsletter(database.db, { name: 'Another' });
  const added = await app.api('POST', `/newsletters/${id}/feeds`, { url: `${site.url}/x` });
  expect((await owner.get(`${home}/feeds/${added.body.id ?? ''}`)).status).toBe(404);
});

test('discovery by the API', async () => {
  site.answer = (_, response) => void response.end(rss([{ guid: 'a' }]));
  const found = await app.api('POST', `/newsletters/${newsletterId}/feeds/discover`, {
    url: `${site.url}/feed`,
  });
  expect(found.body).toEqual({
    data: [
      {
        url: `${site.url}/feed`,
        title: 'The Harbour Blog',
        kind: 'rss',
        posts: 1,
        newest: '2026-11-23T11:00:00.000Z',
      },
    ],
    detail: null,
  });
  expect((await app.api('POST', '/newsletters/999999/feeds/discover', { url: site.url })).status).toBe(404);
  expect(
    (await app.api('POST', `/newsletters/${newsletterId}/feeds/discover`, { url: 'http://10.0.0.1' })).body
      .code,
  ).toBe('feed-refused');
});
