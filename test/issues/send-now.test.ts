// "Send now": who gets the issue, what it skips, and what a dry run reports.
import { day } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { countNextReaders, previewNext } from '../../src/issues/preview-next.js';
import { getIssueRow, getIssuePosts } from '../../src/issues/issue.js';
import { issueStatus } from '../../src/issues/status.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  changeReader,
  ledger,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../support/newsroom.js';

const database = useDatabase();

async function sendNow(newsletterId: string, input: object = {}) {
  const queue = rememberingQueue();
  const deps = assembleDeps(database.db, queue.enqueue);
  const answer = await assembleNow(deps, { newsletterId, ...input });
  if (answer.status === 'created') await assemble(deps, answer.issueId);
  return { answer, issueId: answer.status === 'created' ? answer.issueId : '', jobs: queue.jobs };
}

const postsOf = async (issueId: string) =>
  database.db.query<{ address: string; postIds: string[]; more: number }>(
    `select r.address, v.post_ids, v.more from deliveries d join variants v on v.id = d.variant_id
     join subscribers r on r.id = d.subscriber_id where d.issue_id = $1 order by r.address`,
    [issueId],
  );

test('everyone active gets one delivery with the unread posts, and the queue gets ids alone', async () => {
  const { id } = await makeNewsletter(database.db);
  const posts = await makePosts(database.db, id, 3);
  await makeReaders(database.db, id, 1200);
  const { issueId, jobs } = await sendNow(id);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 1200 });
  const issue = await getIssueRow(database.db, issueId);
  expect(issue && issueStatus(issue)).toBe('sending');
  expect(issue).toMatchObject({ candidates: 1200, number: 1, batches: 3, excluded: { nothingNew: 0 } });
  expect((await postsOf(issueId))[0]?.postIds).toEqual(posts.toReversed());
  expect(jobs).toEqual([
    { queue: 'issues', payload: { kind: 'assemble', issueId } },
    ...[1, 2, 3].map((batch) => ({ queue: 'deliveries', payload: { kind: 'batch', issueId, batch } })),
  ]);
});

test('a second "send now" makes no issue', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, 2);
  await makeReaders(database.db, id, 2, { prefix: 'second' });
  await sendNow(id);
  expect((await sendNow(id)).answer).toEqual({ status: 'skipped', reason: 'nothing-new' });
  const [{ issues } = { issues: 0 }] = await database.db.query<{ issues: number }>(
    'select count(*)::int as issues from issues where newsletter_id = $1',
    [id],
  );
  expect(issues).toBe(1);
});

test('two issues fanned out at once send a post once', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, 2);
  await makeReaders(database.db, id, 300, { prefix: 'atonce' });
  const made = await Promise.all([sendNow(id), sendNow(id), sendNow(id)]);
  const rows = await database.db.query<{ subscriberId: string }>(
    'select d.subscriber_id from deliveries d join issues i on i.id = d.issue_id where i.newsletter_id = $1',
    [id],
  );
  expect(rows).toHaveLength(300);
  expect(new Set(rows.map(({ subscriberId }) => subscriberId)).size).toBe(300);
  expect(made.map(({ answer }) => answer.status)).toContain('created');
});

test('an issue without postal address, readers or new posts is skipped with the reason', async () => {
  const silent = await makeNewsletter(database.db, { postalAddress: null });
  await makePosts(database.db, silent.id, 1);
  await makeReaders(database.db, silent.id, 1, { prefix: 'silent' });
  expect((await sendNow(silent.id)).answer).toEqual({ status: 'skipped', reason: 'no-postal-address' });
  const empty = await makeNewsletter(database.db);
  await makePosts(database.db, empty.id, 1);
  expect((await sendNow(empty.id)).answer).toEqual({ status: 'skipped', reason: 'no-readers' });
  await makeReaders(database.db, empty.id, 1, { prefix: 'empty' });
  const quietOne = await makeNewsletter(database.db);
  await makeReaders(database.db, quietOne.id, 1, { prefix: 'empty' });
  expect((await sendNow(quietOne.id)).answer).toEqual({ status: 'skipped', reason: 'nothing-new' });
  expect((await sendNow('999999')).answer).toEqual({ status: 'newsletter-not-found' });
});

test('a dry run reports the issue and stores nothing', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, [{ title: 'One' }, { title: 'Two' }]);
  await makeReaders(database.db, id, 4, { prefix: 'dry' });
  const { answer } = await sendNow(id, { dryRun: true });
  expect(answer).toMatchObject({ status: 'would-send', dryRun: { readers: 4, candidates: 4 } });
  expect(answer.status === 'would-send' && answer.dryRun.posts.map(({ title }) => title)).toEqual([
    'Two',
    'One',
  ]);
  expect(await database.db.query('select 1 from issues where newsletter_id = $1', [id])).toEqual([]);
  expect((await sendNow(id)).answer).toMatchObject({ status: 'created' });
});

test('paused, suppressed and unsubscribed readers are no deliveries', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, 1);
  await makeReaders(database.db, id, 5, { prefix: 'left' });
  const reader = (n: number) => ({ newsletterId: id, address: `left${n}@readers.example.org` });
  await changeReader(database.db, reader(1), { pausedUntil: new Date(Date.now() + day) });
  await changeReader(database.db, reader(2), { status: 'unsubscribed' });
  await database.db.query(
    `update subscriptions s set confirmed_at = null from subscribers r
     where r.id = s.subscriber_id and newsletter_id = $1 and r.address_key = $2`,
    [id, reader(3).address],
  );
  await database.db.query(
    `insert into suppressions (address_hash, reason) select address_hash, 'bounce' from subscribers where address_key = $1`,
    ['left4@readers.example.org'],
  );
  const { issueId } = await sendNow(id);
  // The candidates of "send now" are all active readers who are not paused: 4 and 5.
  expect(await getIssueRow(database.db, issueId)).toMatchObject({
    candidates: 2,
    excluded: { suppressed: 1 },
  });
  expect((await postsOf(issueId)).map(({ address }) => address)).toEqual(['left5@readers.example.org']);
});

test('readers of other topics get their posts; equal lists share a variant', async () => {
  const { id } = await makeNewsletter(database.db, { topics: ['city', 'art'] });
  const [city, art, all] = await makePosts(database.db, id, [
    { title: 'City', topics: ['city'] },
    { title: 'Art', topics: ['art'] },
    { title: 'All' },
  ]);
  await makeReaders(database.db, id, 2, { prefix: 'a-city', topics: ['city'] });
  await makeReaders(database.db, id, 2, { prefix: 'b-both', topics: ['city', 'art'] });
  await makeReaders(database.db, id, 2, { prefix: 'c-all' });
  const { issueId } = await sendNow(id);
  const got = await postsOf(issueId);
  expect(got.map(({ postIds }) => postIds)).toEqual([
    [all, city],
    [all, city],
    [all, art, city],
    [all, art, city],
    [all, art, city],
    [all, art, city],
  ]);
  const variants = await database.db.query('select 1 from variants where issue_id = $1', [issueId]);
  expect(variants).toHaveLength(2);
});

test('an issue of chosen posts brings these alone, and the next one the others', async () => {
  const { id } = await makeNewsletter(database.db);
  const [first, second, third] = await makePosts(database.db, id, 3);
  await makeReaders(database.db, id, 1, { prefix: 'chosen' });
  const chosen = await sendNow(id, { postIds: [second] });
  expect((await postsOf(chosen.issueId))[0]?.postIds).toEqual([second]);
  expect((await sendNow(id, { postIds: [second] })).answer).toEqual({
    status: 'skipped',
    reason: 'nothing-new',
  });
  const rest = await sendNow(id);
  expect((await postsOf(rest.issueId))[0]?.postIds).toEqual([third, first]);
  expect((await sendNow(id, { postIds: ['999999'] })).answer).toEqual({
    status: 'posts-not-eligible',
    postIds: ['999999'],
  });
});

test('beyond maxPosts the rest is counted, and not brought again', async () => {
  const { id } = await makeNewsletter(database.db, { schedule: { maxPosts: 2 } });
  const posts = await makePosts(database.db, id, 5);
  await makeReaders(database.db, id, 1, { prefix: 'many' });
  const { issueId } = await sendNow(id);
  expect(await postsOf(issueId)).toMatchObject([{ postIds: [posts[4], posts[3]], more: 3 }]);
  expect((await sendNow(id)).answer.status).toBe('skipped');
});

test('the posts are those of the cut-off, also after later edits', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, [{ title: 'Before' }]);
  await makeReaders(database.db, id, 1, { prefix: 'edited' });
  const { issueId } = await sendNow(id, { review: 'hold' });
  const [post] = await database.db.query<{ guid: string; url: string }>(
    'select guid, url from posts where newsletter_id = $1',
    [id],
  );
  await recordPosts(
    { db: database.db, now: () => new Date() },
    {
      newsletterId: id,
      feed: null,
      posts: [{ guid: post?.guid ?? '', url: post?.url ?? '', title: 'After' }],
    },
  );
  expect((await getIssuePosts(database.db, issueId)).map(({ title }) => title)).toEqual(['Before']);
  const issue = await getIssueRow(database.db, issueId);
  expect(issue && issueStatus(issue)).toBe('review');
});

test('the next issue can be seen before it is made, and its reading changes nothing', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, [{ title: 'Harbour bridge reopens' }]);
  await makeReaders(database.db, id, 3, { prefix: 'next' });
  const deps = assembleDeps(database.db);
  const next = await previewNext(deps, { newsletterId: id });
  expect(await countNextReaders(deps, id)).toBe(3);
  expect(next).toMatchObject({ posts: [{ title: 'Harbour bridge reopens' }] });
  expect(next?.rendered?.html).toContain('Harbour bridge reopens');
  expect(next?.rendered?.text).toContain('Harbour bridge reopens');
  await sendNow(id);
  expect(await countNextReaders(deps, id)).toBe(0);
  expect(await previewNext(deps, { newsletterId: id })).toMatchObject({
    posts: [],
    rendered: undefined,
  });
});
