// Ghost's webhooks: the real shape of their bodies (Ghost 5 and 6, ghost/core/test/e2e-webhooks), and their signature.
import { createHmac } from 'node:crypto';
import { ghostSecret } from '../../src/ghost/signature.js';
import { openKeyRing, openSecrets } from '../../src/secrets.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter, secretKey } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);
let newsletterId: string;
let secret: string;
beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db)).id;
  secret = ghostSecret(openSecrets(secretKey), { newsletterId, salt: '' });
});

const author = {
  id: '1',
  name: 'Joe Bloggs',
  slug: 'joe-bloggs',
  email: 'jbloggs@example.com',
  url: 'https://blog.example.org/author/joe-bloggs/',
};
const tag = (name: string, visibility = 'public') => ({ id: name, name, slug: 'x', visibility });

const current = {
  id: '6682b8a8e10cc04306284330',
  uuid: '9e3b5a6c-0c0b-4d7e-9f3a-0d6f0d3f7c11',
  comment_id: '6682b8a8e10cc04306284330',
  slug: 'first-snow',
  title: 'First snow',
  html: '<p>It came <strong>at night</strong>.</p>',
  lexical: '{"root":{}}',
  mobiledoc: null,
  status: 'published',
  visibility: 'public',
  featured: false,
  url: 'https://blog.example.org/first-snow/',
  excerpt: 'It came at night.',
  custom_excerpt: 'Snow at last',
  feature_image: 'https://blog.example.org/content/images/snow.jpg',
  feature_image_alt: 'Snow on the roofs',
  feature_image_caption: null,
  published_at: '2026-11-30T06:00:00.000Z',
  created_at: '2026-11-29T20:00:00.000Z',
  updated_at: '2026-11-30T06:00:00.000Z',
  email_only: false,
  authors: [author],
  primary_author: author,
  tags: [tag('Weather'), tag('#hidden', 'internal'), tag('Town')],
  primary_tag: tag('Weather'),
  tiers: [],
  count: { clicks: 0, positive_feedback: 0 },
};
const draft = { published_at: null, status: 'draft', updated_at: '2026-11-29T20:00:00.000Z' };

interface Sent {
  at?: number;
  by?: string;
  to?: string;
  header?: string;
}

async function send(
  body: unknown,
  { at = Date.now(), by = secret, to = newsletterId, header }: Sent = {},
): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const signature = createHmac('sha256', by).update(`${text}${at}`).digest('hex');
  const response = await fetch(`${app.url}/hooks/ghost/${to}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-version': 'v6.0',
      'x-ghost-signature': header ?? `sha256=${signature}, t=${at}`,
    },
    body: text,
  });
  return response.status;
}

const posts = async () => (await app.api('GET', `/newsletters/${newsletterId}/posts`)).body.data ?? [];
const withId = async (guid: string) => (await posts()).find((post) => post['guid'] === guid);

test('a published post arrives with its topics, image, author and time', async () => {
  expect(await send({ post: { current, previous: draft } })).toBe(204);
  expect(await withId(current.id)).toMatchObject({
    title: 'First snow',
    url: current.url,
    state: 'eligible',
    html: expect.stringContaining('<strong>at night</strong>'),
    excerpt: 'Snow at last',
    author: 'Joe Bloggs',
    topics: ['Weather', 'Town'],
    image: { url: current.feature_image, alt: 'Snow on the roofs' },
    publishedAt: current.published_at,
  });
});

test('an edited post is updated; an unpublished or deleted one is withdrawn, and comes back', async () => {
  const post = { ...current, id: '6682b8a8e10cc04306284331', url: 'https://blog.example.org/b/', title: 'B' };
  const now = async () => {
    const { id, title, state } = (await withId(post.id)) ?? {};
    return { id, title, state };
  };
  await send({ post: { current: post, previous: draft } });
  const { id } = await now();
  expect(
    await send({
      event: 'post.published.edited',
      post: { current: { ...post, title: 'B, edited' }, previous: { title: 'B' } },
    }),
  ).toBe(204);
  expect(await now()).toEqual({ id, title: 'B, edited', state: 'eligible' });
  const unpublished = { ...post, status: 'draft', published_at: null };
  expect(await send({ post: { current: unpublished, previous: { status: 'published' } } })).toBe(204);
  expect(await now()).toMatchObject({ id, state: 'excluded' });
  await send({ post: { current: post, previous: draft } });
  expect(await now()).toMatchObject({ id, state: 'eligible' });
  expect(await send({ post: { current: {}, previous: post } })).toBe(204);
  expect(await now()).toMatchObject({ id, state: 'excluded' });
});

test('the text of a post for members is not sent to readers who need not be members', async () => {
  const post = { ...current, id: '6682b8a8e10cc04306284332', url: 'https://blog.example.org/c/', title: 'C' };
  await send({
    post: { current: { ...post, visibility: 'paid', html: '<p>For payers</p>' }, previous: draft },
  });
  const stored = await withId(post.id);
  expect(stored).toMatchObject({ excerpt: 'Snow at last' });
  expect(JSON.stringify(stored)).not.toContain('For payers');
});

test('fields that another version of Ghost leaves out are no obstacle', async () => {
  const bare = {
    id: 'bare',
    status: 'published',
    title: 'Bare',
    url: 'https://blog.example.org/d/',
    tags: 'none',
  };
  expect(await send({ post: { current: bare } })).toBe(204);
  expect(await withId('bare')).toMatchObject({ topics: [], image: null, author: null });
});

test('a call that Ghost did not sign for this newsletter, or long ago, is refused', async () => {
  const before = await posts();
  const body = { post: { current: { ...current, id: 'forged', title: 'Forged' }, previous: draft } };
  const other = await makeNewsletter(database.db, { slug: 'other' });
  expect(await send(body, { by: 'guessed' })).toBe(401);
  expect(await send(body, { by: '' })).toBe(401);
  expect(await send(body, { header: '' })).toBe(401);
  expect(await send(body, { to: other.id })).toBe(401);
  expect(await send(body, { to: 'x' })).toBe(401);
  expect(await send(body, { at: Date.now() - 6 * 60_000 })).toBe(401);
  expect(await send(body, { at: Date.now() + 6 * 60_000 })).toBe(401);
  // Before Ghost 5.87 the time was not signed, so a call could be repeated for ever.
  const text = JSON.stringify(body);
  const old = createHmac('sha256', secret).update(text).digest('hex');
  expect(await send(body, { header: `sha256=${old}, t=${Date.now()}` })).toBe(401);
  expect(await posts()).toEqual(before);
});

test.each([
  '{"post": ',
  '{}',
  '[]',
  '{"member": {"current": {"id": "1"}}}',
  '{"post": {"current": {"status": "published", "id": "1"}}}',
])('a signed body that tells of no post is refused: %s', async (body) => {
  expect(await send(body)).toBe(400);
});

test('the secret of the earlier SECRET_KEY still counts, and a deleted newsletter is not found', async () => {
  const rotated = openKeyRing(
    { id: 2, secretKey: 'another secret key, long enough for tests' },
    [{ id: 1, secretKey }],
    Buffer.alloc(32),
  );
  expect(ghostSecret(rotated, { newsletterId, salt: '' })).not.toBe(secret);
  const gone = await makeNewsletter(database.db, { slug: 'gone' });
  const by = ghostSecret(openSecrets(secretKey), { newsletterId: gone.id, salt: '' });
  await app.api('DELETE', `/newsletters/${gone.id}`);
  expect(await send({ post: { current, previous: draft } }, { by, to: gone.id })).toBe(404);
});
