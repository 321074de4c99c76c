// An archive that only readers may open, with the key from their mail.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useApp, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  baseUrl,
  deliveryDeps,
  fanOutNext,
  links,
  makeNewsletter,
  makePosts,
  makeReaders,
  sendAll,
} from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';

const database = useDatabase();
const app = useApp(database);
let newsletter: Newsletter;
let readers: { id: string; address: string }[];
/** The address of the issue in each reader's mail. */
const paths = new Map<string, string[]>();

beforeAll(async () => {
  newsletter = await makeNewsletter(database.db, { name: 'For Readers', archive: 'subscribers' });
  await makeReaders(database.db, newsletter.id, 3);
  readers = await database.db.query(
    'select s.id, r.address from subscriptions s join subscribers r on r.id = s.subscriber_id order by s.id',
  );
  const sink = await startSink();
  const bench = await deliveryDeps(database.db, sink.url);
  for (const title of ['A first', 'A second']) {
    await makePosts(database.db, newsletter.id, [{ title }, { title: `${title} one more` }]);
    const issueId = await fanOutNext(assembleDeps(database.db), newsletter.id);
    await sendAll(bench, issueId);
  }
  for (const message of sink.messages) {
    const mail = await message.parsed();
    const own = [
      ...`${mail.html ?? ''} ${mail.text ?? ''}`.matchAll(/https:\/\/digest\.example\.org(\/n\/[^"\s<]+)/g),
    ]
      .map(([, path = '']) => path)
      // The address for people to whom the mail was forwarded.
      .filter((path) => path !== `/n/${newsletter.slug}`);
    const to = message.to[0] ?? '';
    paths.set(to, [...(paths.get(to) ?? []), ...own]);
  }
  await bench.close();
  await sink.close();
});

const get = (path: string) =>
  fetch(`${app.url}${path}`, { headers: { accept: 'text/html', 'cache-control': 'max-age=0' } });
const keyOf = (subscriptionId: string) => signToken(links.key, 'archive', subscriptionId);
const base = (subscriptionId: string) => `/n/${newsletter.slug}/readers/${keyOf(subscriptionId)}`;

test('each mail has its reader’s own link in both parts, and it opens that issue', async () => {
  expect(paths.size).toBe(3);
  for (const { id, address } of readers) {
    const own = paths.get(address) ?? [];
    expect(new Set(own.map((path) => path.replace(/#.*/, '')))).toEqual(
      new Set([`${base(id)}/issues/1`, `${base(id)}/issues/2`]),
    );
    expect(own.length).toBeGreaterThanOrEqual(4);
    const answer = await get(own[0] ?? '');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-robots-tag')).toContain('noindex');
    const html = await answer.text();
    expect(html).toContain('A first one more');
    expect(html).toContain('<meta name="robots" content="noindex, nofollow">');
    // A page for readers only has no preview for links to it and no subscribe form.
    expect(html).not.toMatch(/og:|canonical|type="email"/);
    expect(html).toContain(`href="${base(id)}/issues/2" rel="next"`);
  }
});

test('the list and the feeds are the reader’s own, too', async () => {
  const { id } = readers[0]!;
  const list = await (await get(`${base(id)}/issues`)).text();
  expect(list).toContain(`href="${base(id)}/issues/1"`);
  for (const file of ['feed.xml', 'feed.json']) {
    const answer = await get(`${base(id)}/${file}`);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await answer.text()).toContain(`${baseUrl}${base(id)}/issues/2`);
  }
});

test('a page without a reader’s key is refused, and says where to find the key', async () => {
  const { id } = readers[0]!;
  const other = await makeNewsletter(database.db, { name: 'Another', archive: 'subscribers' });
  const preferences = signToken(links.key, 'preferences', id);
  const { slug } = newsletter;
  for (const path of ['issues', 'issues/1', 'feed.xml', 'feed.json'])
    for (const start of [
      `/n/${slug}`,
      `/n/${slug}/readers/${preferences}`,
      `/n/${slug}/readers/nonsense`,
      `/n/${slug}/readers/${signToken(links.key, 'archive', '999999')}`,
      `/n/${slug}/readers/${signToken(links.key, 'archive', '0')}`,
      `/n/${other.slug}/readers/${keyOf(id)}`,
    ]) {
      const answer = await get(`${start}/${path}`);
      expect({ start, status: answer.status }).toEqual({ start, status: 403 });
      const html = await answer.text();
      expect(html).toContain('for its subscribers');
      expect(html).not.toContain('A first');
    }
  // The subscribe page names no issue.
  expect(await (await get(`/n/${slug}`)).text()).not.toContain('A first');
});

test('a reader who left cannot read; a public archive needs no key, and a closed one accepts none', async () => {
  const { id } = readers[1]!;
  await database.db.change('update subscriptions set unsubscribed_at = now() where id = $1', [id]);
  expect((await get(`${base(id)}/issues/1`)).status).toBe(403);
  const set = (archive: string) => app.api('PATCH', `/newsletters/${newsletter.id}`, { archive });
  expect((await set('public')).body).toMatchObject({ archive: 'public' });
  const answer = await get(`${base(id)}/issues/1`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  // The public page's address has no key.
  expect(await answer.text()).not.toContain(keyOf(id));
  await set('none');
  for (const start of [base(id), `/n/${newsletter.slug}`])
    expect((await get(`${start}/issues/1`)).status).toBe(404);
  expect((await set('friends')).status).toBe(400);
  await set('subscribers');
});
