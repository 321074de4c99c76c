// An admin decides whether a post is held, known or news.
import { getPost } from '../../src/posts/get-post.js';
import { listPosts } from '../../src/posts/list-posts.js';
import { patchPost } from '../../src/posts/patch-post.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const now = new Date('2026-11-23T12:00:00Z');
const database = useDatabase();

async function newsroom(...titles: string[]) {
  const { db } = database;
  const deps = { db, now: () => now };
  const { id: newsletterId } = await makeNewsletter(db);
  const { postIds } = await recordPosts(deps, {
    newsletterId,
    feed: null,
    posts: titles.map((title) => ({ guid: title, title })),
  });
  const patch = async (
    postId: string,
    change: Parameters<typeof patchPost>[1] extends infer Input ? Omit<Input, 'postId'> : never,
  ) => {
    const result = await patchPost(deps, { postId, ...(change as object) });
    if (!result.ok) throw new Error(result.code);
    return result.post;
  };
  return { db, deps, newsletterId, postIds, patch };
}

test('a held post that is released takes the next number: readers who were served meanwhile still get it', async () => {
  const { postIds, patch } = await newsroom('a', 'b');
  const [a = ''] = postIds;
  expect(await patch(a, { state: 'held' })).toMatchObject({ state: 'held' });
  expect(await patch(a, { state: 'eligible' })).toMatchObject({ state: 'eligible', seq: '3' });
});

test('a post that an issue offered keeps its number: no reader gets it twice', async () => {
  const { db, newsletterId, postIds, patch } = await newsroom('a', 'b');
  const [a = ''] = postIds;
  const { id: issueId } = await db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review) values ($1, 'manual', now(), 'auto') returning id`,
    [newsletterId],
  );
  await db.query(
    `insert into issue_posts (issue_id, post_id, position, seq, post) values ($1, $2, 1, 1, '{}')`,
    [issueId, a],
  );
  await patch(a, { state: 'excluded' });
  expect(await patch(a, { state: 'eligible' })).toMatchObject({ state: 'eligible', seq: '1' });
  await db.query('update issues set cancelled_at = now() where id = $1', [issueId]);
  await patch(a, { state: 'held' });
  expect(await patch(a, { state: 'eligible' })).toMatchObject({ seq: '3' });
});

test('a known post can be made news', async () => {
  const { deps, newsletterId, db, patch } = await newsroom();
  const { id: feedId } = await db.one<{ id: string }>(
    `insert into feeds (newsletter_id, url) values ($1, 'https://e.example/feed') returning id`,
    [newsletterId],
  );
  const { postIds } = await recordPosts(deps, {
    newsletterId,
    feed: { id: feedId, firstPoll: true, addedAt: now },
    posts: [{ guid: 'old', title: 'Old', publishedAt: new Date('2020-01-01') }],
  });
  expect(await patch(postIds[0] ?? '', { state: 'eligible' })).toMatchObject({ seq: '1' });
});

test('two admins who release it at once take one number', async () => {
  const { db, postIds, patch, newsletterId } = await newsroom('a');
  const [a = ''] = postIds;
  await patch(a, { state: 'held' });
  await Promise.all([patch(a, { state: 'eligible' }), patch(a, { state: 'eligible' })]);
  expect(await db.one('select seq from newsletters where id = $1', [newsletterId])).toEqual({ seq: '2' });
});

test('pinning changes nothing else', async () => {
  const { postIds, patch } = await newsroom('a');
  expect(await patch(postIds[0] ?? '', { pinned: true })).toMatchObject({
    pinned: true,
    state: 'eligible',
    seq: '1',
  });
});

test('posts are listed page by page, the last seen first, and by state', async () => {
  const { db, newsletterId, postIds, patch } = await newsroom('a', 'b', 'c');
  const first = await listPosts(db, { newsletterId, limit: 2 });
  expect(first.data.map(({ title }) => title)).toEqual(['c', 'b']);
  const second = await listPosts(db, { newsletterId, limit: 2, cursor: first.nextCursor ?? undefined });
  expect(second).toMatchObject({ data: [{ title: 'a' }], nextCursor: null });
  await patch(postIds[1] ?? '', { state: 'held' });
  expect((await listPosts(db, { newsletterId, state: 'held' })).data.map(({ title }) => title)).toEqual([
    'b',
  ]);
  expect(await listPosts(db, { newsletterId, cursor: "1' or 1=1" })).toEqual({ data: [], nextCursor: null });
});

test('a missing post is not found', async () => {
  const { db, deps } = await newsroom();
  expect(await getPost(db, '999999')).toBeUndefined();
  expect(await getPost(db, 'x')).toBeUndefined();
  expect(await patchPost(deps, { postId: '999999', pinned: true })).toEqual({
    ok: false,
    code: 'no-such-post',
  });
});
