// An editor finds posts, decides about them and writes one by hand; a viewer only looks.
import type { Db } from '../../src/db.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { explained, type Reading } from '../support/explained.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
const base = '/console/newsletters/the-daily-test';
let editor: Visitor;
let newsletterId: string;

beforeAll(async () => {
  newsletterId = (await makeNewsletter(database.db, { topics: ['Arts', 'Sport'], timezone: 'Europe/Berlin' }))
    .id;
  await makePosts(database.db, newsletterId, 3);
  editor = visitor(app.url);
  await editor.signIn(await makeAccount(database.db, 'editor'));
});

const titlesOn = ({ text }: Page): string[] =>
  [...text.matchAll(/<span id="post-\d+">(.*?)<\/span>/gs)].map(([, title = '']) =>
    title.replaceAll(/<[^>]*>/g, ''),
  );
const first = () =>
  database.db.one<{ id: string; title: string; state: string; pinned: boolean }>(
    'select id::text as id, title, state, pinned from posts order by id limit 1',
  );

test('a post is held, left out, released and pinned, each with a trace', async () => {
  const { id } = await first();
  await editor.get(`${base}/posts`);
  for (const [act, wanted] of [
    ['pin', { state: 'eligible', pinned: true }],
    ['unpin', { state: 'eligible', pinned: false }],
    ['hold', { state: 'held' }],
    ['exclude', { state: 'excluded' }],
    ['release', { state: 'eligible' }],
  ] as const) {
    expect((await editor.post(`${base}/posts/${id}`, { act })).location).toBe(
      `${base}/posts?notice=post-changed`,
    );
    expect(await first()).toMatchObject(wanted);
  }
  expect(
    await database.db.one(
      `select count(*)::int as acts from audit where action = 'post.change' and subject = $1`,
      [`post:${id}`],
    ),
  ).toEqual({ acts: 5 });
  expect((await editor.post(`${base}/posts/${id}`, { act: 'burn' })).status).toBe(404);
  await makeNewsletter(database.db, { name: 'Another', slug: 'another' });
  expect((await editor.post(`/console/newsletters/another/posts/${id}`, { act: 'hold' })).status).toBe(404);
});

test('a part of the title and a state are filters', async () => {
  const { id, title } = await first();
  await database.db.change(`update posts set title = 'A 100% new Harbour', state = 'held' where id = $1`, [
    id,
  ]);
  const search = async (query: string) => titlesOn(await editor.get(`${base}/posts?${query}`));
  expect(await search('search=hARBour')).toEqual(['A 100% new Harbour']);
  expect(await search('search=100%25')).toEqual(['A 100% new Harbour']);
  expect(await search('search=a%25b')).toEqual([]);
  expect(await search('state=held')).toEqual(['A 100% new Harbour']);
  expect(await search('state=held&search=nothing')).toEqual([]);
  expect((await editor.get(`${base}/posts?search=ab`)).text).toContain('Type at least three characters.');
  await database.db.change(`update posts set title = $2, state = 'eligible' where id = $1`, [id, title]);
});

test('a post written by hand goes into an issue, once', async () => {
  const page = await editor.get(`${base}/posts/new`);
  expect(page.text).toContain('Published at (Berlin)');
  const guid = /name="guid" value="(hand:[\da-f-]{36})"/.exec(page.text)?.[1] ?? '';
  const form = {
    guid,
    title: 'We <move>',
    url: '',
    text: 'First.\n\nSecond <b>bold</b>.',
    at: '2026-11-02T07:30',
    'topic-1': 'on',
  };
  for (const wrong of [
    { title: '' },
    { url: 'javascript:alert(1)' },
    { text: '' },
    { at: '2026-02-31T07:30' },
    { at: 'soon' },
  ]) {
    const refused = await editor.post(`${base}/posts`, { ...form, ...wrong });
    expect([wrong, refused.status]).toEqual([wrong, 422]);
    expect(refused.text).toContain('aria-invalid="true"');
    expect(refused.text).toContain(guid);
  }
  for (let time = 0; time < 2; time += 1)
    expect((await editor.post(`${base}/posts`, form)).location).toBe(`${base}/posts?notice=post-written`);
  const made = await database.db.query(
    `select title, url, html, topics, state, published_at from posts where guid = $1`,
    [guid],
  );
  expect(made).toEqual([
    {
      title: 'We <move>',
      url: null,
      html: expect.stringMatching(/<p>First\.<\/p>\s*<p>Second <b>bold<\/b>\.<\/p>/) as string,
      topics: ['Sport'],
      state: 'eligible',
      publishedAt: new Date('2026-11-02T06:30:00Z'),
    },
  ]);
});

test('a post that went out leads to its first issue', async () => {
  const { id, title } = await first();
  const deps = assembleDeps(database.db);
  const skipped = await assembleNow(deps, { newsletterId });
  expect(skipped).toMatchObject({ status: 'skipped' });
  await makeReaders(database.db, newsletterId, 1);
  const made = await assembleNow(deps, { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  const link = `<a href="/console/issues/${made.issueId}">in issue No. `;
  const rowOf = (text: string) => text.split('<tr>').find((row) => row.includes(title)) ?? '';
  expect(rowOf((await editor.get(`${base}/posts`)).text)).toContain(link);
  await database.db.change("update posts set state = 'excluded' where id = $1", [id]);
  expect(rowOf((await editor.get(`${base}/posts`)).text)).toContain('left out');
  await database.db.change("update posts set state = 'eligible' where id = $1", [id]);
});

test('a feed is removed, and its posts stay', async () => {
  const { id } = await database.db.one<{ id: string }>(
    `insert into feeds (newsletter_id, url, next_poll_at) values ($1, 'http://192.0.2.1/feed', now() + interval '1 year') returning id::text as id`,
    [newsletterId],
  );
  await database.db.change('update posts set feed_id = $1 where id = $2', [id, (await first()).id]);
  const page = await editor.get(`${base}/feeds/${id}`);
  expect(page.text).toContain('Its posts stay');
  expect((await editor.post(`${base}/feeds/${id}/remove`)).location).toBe(
    `${base}/feeds?notice=feed-removed`,
  );
  expect((await editor.get(`${base}/feeds/${id}`)).status).toBe(404);
  expect(titlesOn(await editor.get(`${base}/posts`))).toHaveLength(4);
});

test('a viewer sees the posts as text, and why nothing can be changed', async () => {
  const viewer = visitor(app.url);
  await viewer.signIn(await makeAccount(database.db, 'viewer'));
  const page = await viewer.get(`${base}/posts`);
  expect(titlesOn(page)).toHaveLength(4);
  expect(page.text).toContain('Changing it takes the role Editor or Owner.');
  expect(page.text).not.toContain('name="act"');
  expect((await viewer.get(`${base}/posts/new`)).status).toBe(403);
  for (const path of ['posts', `posts/${(await first()).id}`])
    expect([path, (await viewer.post(`${base}/${path}`, { act: 'hold', title: 'x' })).status]).toEqual([
      path,
      403,
    ]);
});

test('a search among many posts reads those of the title alone', async () => {
  const { db } = database;
  await db.query(
    `insert into posts (newsletter_id, title, state, text) select $1, 'Ordinary news of day ' || n, 'known', repeat('word ', 300)
     from generate_series(1, 6000) n`,
    [newsletterId],
  );
  await db.query('analyze posts');
  const found: Reading[] = [];
  const seen: Db = explained(db, (reading) => reading.discarded > 2_000 && found.push(reading));
  expect((await listPosts(seen, { newsletterId, search: 'day 4321', limit: 50 })).data).toHaveLength(1);
  expect((await listPosts(seen, { newsletterId, search: 'ordinary', limit: 50 })).data).toHaveLength(50);
  expect(found).toEqual([]);
});
