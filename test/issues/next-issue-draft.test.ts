// An editor's draft of the next issue: what the freeze takes of it, and that no reader gets a post twice or never.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { issueStatus } from '../../src/issues/status.js';
import { applyDraft, type DraftedPost } from '../../src/issues/draft.js';
import { editDraft, getDraft, type DraftEdit } from '../../src/issues/edit-draft.js';
import { previewNext } from '../../src/issues/preview-next.js';
import { useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();
const database = useDatabase();
const deps = () => assembleDeps(database.db);

const decided = (postId: string, more: Partial<DraftedPost> = {}): DraftedPost => ({
  postId,
  fate: 'keep',
  title: null,
  excerpt: null,
  ...more,
});

let number = 0;
async function newsroom(titles: readonly string[], schedule = {}) {
  const { id: newsletterId } = await makeNewsletter(database.db, { schedule });
  number += 1;
  await makeReaders(database.db, newsletterId, 2, { prefix: `draft${number}-` });
  const ids = new Map<string, string>();
  const add = async (...more: string[]): Promise<void> => {
    const made = await makePosts(
      database.db,
      newsletterId,
      more.map((title) => ({ title })),
    );
    for (const [at, title] of more.entries()) ids.set(title, made[at] ?? '');
  };
  await add(...titles);
  const id = (title: string): string => ids.get(title) ?? '';
  const edit = async (posts: DraftedPost[], more: Partial<DraftEdit> = {}) =>
    editDraft(deps(), {
      newsletterId,
      madeFrom: (await getDraft(database.db, newsletterId)).version,
      subject: null,
      words: {},
      posts,
      held: false,
      accountId: null,
      ...more,
    });
  return { newsletterId, add, id, edit };
}

/** Sends now; returns the titles of the issue, and how many readers get it. */
async function send(
  newsletterId: string,
  postIds?: string[],
): Promise<{ titles: string[]; subject: string }> {
  const made = await assembleNow(deps(), { newsletterId, postIds });
  if (made.status !== 'created') return { titles: [], subject: '' };
  await assemble(deps(), made.issueId);
  const rows = await database.db.query<{ titles: string[]; subject: string }>(
    `select distinct v.subject, array(select ip.post->>'title' from unnest(v.post_ids) with ordinality as p (id, n)
       join issue_posts ip on ip.issue_id = d.issue_id and ip.post_id = p.id order by p.n) as titles
     from deliveries d join variants v on v.id = d.variant_id where d.issue_id = $1`,
    [made.issueId],
  );
  return rows[0] ?? { titles: [], subject: '' };
}

describe('the order', () => {
  const posts = ['a', 'b', 'c', 'd'].map((id, rank) => ({ id, title: id, excerpt: '', rank: 9 - rank }));
  const order = (...draft: DraftedPost[]) =>
    applyDraft(posts, draft)
      .posts.map(({ id }) => id)
      .join('');
  test.each<[string, DraftedPost[], string]>([
    ['none', [], 'abcd'],
    ['all', [decided('d'), decided('b'), decided('a'), decided('c')], 'dbac'],
    ['new posts stand after the one that they follow', [decided('c'), decided('a')], 'cdab'],
    ['a new post that follows none is first', [decided('b'), decided('d'), decided('c')], 'abdc'],
    ['a post that has gone', [decided('gone'), decided('b'), decided('a')], 'bcda'],
    ['left out and later', [decided('a', { fate: 'drop' }), decided('c', { fate: 'later' })], 'bd'],
  ])('%s', (_, draft, expected) => {
    expect(order(...draft)).toBe(expected);
  });

  test('an order by hand ranks the posts; without one the rank stays', () => {
    expect(applyDraft(posts, [decided('b')]).posts.map(({ rank }) => rank)).toEqual([0, 1, 2, 3]);
    expect(applyDraft(posts, []).posts.map(({ rank }) => rank)).toEqual([9, 8, 7, 6]);
  });
});

test('the freeze takes order, headlines, subject and words; the next issue is without them', async () => {
  const { newsletterId, add, id, edit } = await newsroom(['one', 'two', 'three']);
  await edit([decided(id('one')), decided(id('three'), { title: 'Third, edited' }), decided(id('two'))], {
    subject: 'By hand: {{firstTitle}}',
    words: { opening: 'Good evening.' },
  });
  // It arrives after the draft was made, and is newer than all.
  await add('four');
  const preview = await previewNext(deps(), { newsletterId });
  expect(preview?.posts.map(({ title }) => title)).toEqual(['four', 'one', 'Third, edited', 'two']);
  expect(preview?.rendered?.html).toContain('Good evening.');
  expect(await send(newsletterId)).toEqual({
    titles: ['four', 'one', 'Third, edited', 'two'],
    subject: 'By hand: four',
  });
  await add('five');
  const next = await send(newsletterId);
  expect(next.titles).toEqual(['five']);
  expect(next.subject).not.toContain('By hand');
});

test('a post for later comes with the next issue, one that is left out never, and none comes twice', async () => {
  const { newsletterId, id, edit } = await newsroom(['one', 'two', 'three']);
  await edit([decided(id('two'), { fate: 'later' }), decided(id('three'), { fate: 'drop' })]);
  expect((await send(newsletterId)).titles).toEqual(['one']);
  expect((await send(newsletterId)).titles).toEqual(['two']);
  expect((await send(newsletterId)).titles).toEqual([]);
  const omitted = await database.db.query(
    `select reason from issue_omissions o join issues i on i.id = o.issue_id where i.newsletter_id = $1 order by reason`,
    [newsletterId],
  );
  expect(omitted).toEqual([{ reason: 'dropped' }, { reason: 'later' }]);
});

test('a draft without posts for any reader changes nothing in the ledger', async () => {
  const { newsletterId, add, id, edit } = await newsroom(['one', 'two']);
  await edit([decided(id('one'), { fate: 'later' }), decided(id('two'), { fate: 'drop' })]);
  expect((await send(newsletterId)).titles).toEqual([]);
  expect(
    await database.db.query('select distinct state from posts where newsletter_id = $1', [newsletterId]),
  ).toEqual([{ state: 'eligible' }]);
  await add('three');
  expect((await send(newsletterId)).titles).toEqual(['three']);
  expect((await send(newsletterId)).titles).toEqual(['one']);
});

test('a post that went out to someone cannot wait: it stays, for the readers who have not had it', async () => {
  const { newsletterId, id, edit } = await newsroom(['one', 'two']);
  await edit([decided(id('two'), { fate: 'later' })]);
  expect((await send(newsletterId, [id('two')])).titles).toEqual(['two']);
  number += 1;
  await makeReaders(database.db, newsletterId, 1, { prefix: `late${number}-` });
  const made = await assembleNow(deps(), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  await assemble(deps(), made.issueId);
  const got = await database.db.query<{ titles: string[]; readers: number }>(
    `select v.post_ids::text[] as titles, count(*)::int as readers from deliveries d join variants v on v.id = d.variant_id
     where d.issue_id = $1 group by 1 order by 2`,
    [made.issueId],
  );
  expect(got).toEqual([
    { titles: [id('two'), id('one')], readers: 1 },
    { titles: [id('one')], readers: 2 },
  ]);
  expect((await send(newsletterId)).titles).toEqual([]);
});

test('variants: each reader gets their topics, in the order of the draft', async () => {
  const { id: newsletterId } = await makeNewsletter(database.db, { topics: ['Sea', 'Land'] });
  await makeReaders(database.db, newsletterId, 1, { prefix: 'sea', topics: ['Sea'] });
  await makeReaders(database.db, newsletterId, 1, { prefix: 'all' });
  const [herring = '', barley = '', cod = ''] = await makePosts(database.db, newsletterId, [
    { title: 'Herring', topics: ['Sea'] },
    { title: 'Barley', topics: ['Land'] },
    { title: 'Cod', topics: ['Sea'] },
  ]);
  const posts = [decided(herring), decided(cod, { title: 'Cod, edited' }), decided(barley)];
  await editDraft(deps(), {
    newsletterId,
    madeFrom: 0,
    subject: null,
    words: {},
    posts,
    held: false,
    accountId: null,
  });
  const made = await assembleNow(deps(), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  const variants = await database.db.query<{ postIds: string[] }>(
    'select post_ids from variants where issue_id = $1 order by cardinality(post_ids)',
    [made.issueId],
  );
  expect(variants.map(({ postIds }) => postIds)).toEqual([
    [herring, cod],
    [herring, cod, barley],
  ]);
});

test('two editors do not overwrite each other, and a form from before the freeze is stale', async () => {
  const { newsletterId, id, edit } = await newsroom(['one', 'two']);
  const seen = (await getDraft(database.db, newsletterId)).version;
  expect(await edit([decided(id('two'))], { madeFrom: seen })).toEqual({ ok: true, version: 2 });
  expect(await edit([decided(id('one'))], { madeFrom: seen })).toMatchObject({
    ok: false,
    code: 'changed-meanwhile',
    current: { version: 2, posts: [{ postId: id('two') }] },
  });
  await send(newsletterId);
  expect(await edit([], { madeFrom: 2 })).toMatchObject({ code: 'changed-meanwhile' });
  expect(await edit([], { newsletterId: '999999', madeFrom: 0 })).toEqual({
    ok: false,
    code: 'newsletter-not-found',
  });
});

test('an editor holds one issue: it waits for an approval, and the next one does not', async () => {
  const { newsletterId, add, edit } = await newsroom(['one']);
  await edit([], { held: true });
  expect((await previewNext(deps(), { newsletterId }))?.held).toBe(true);
  const made = await assembleNow(deps(), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  await assemble(deps(), made.issueId);
  const statusOf = async () => {
    const issue = await getIssueRow(database.db, made.issueId);
    return issue && issueStatus(issue);
  };
  expect(await statusOf()).toBe('review');
  expect(await approveIssue(deps(), { by: 'cli', issueId: made.issueId })).toEqual({ ok: true });
  await assemble(deps(), made.issueId);
  expect(await statusOf()).toBe('sending');
  await add('two');
  expect((await send(newsletterId)).titles).toEqual(['two']);
});
