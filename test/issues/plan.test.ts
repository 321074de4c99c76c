// How the planner turns slots into issues, once each, also after a gap.
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { plan } from '../../src/issues/plan.js';
import { issueStatus } from '../../src/issues/status.js';
import type { NewsletterInput } from '../../src/newsletters/schema.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  ledger,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

/** Creates a newsletter at 07:00 UTC, planned through `since`, with two readers and two posts. */
async function newsletter(
  since: string,
  schedule: NonNullable<NewsletterInput['schedule']> = {},
  posts = 2,
): Promise<string> {
  const { id } = await makeNewsletter(database.db, {
    timezone: 'UTC',
    schedule: { sendTime: '07:00', ...schedule },
    now: () => new Date(since),
  });
  if (posts > 0) await makePosts(database.db, id, posts);
  await makeReaders(database.db, id, 2, { prefix: `n${id}-` });
  return id;
}

/** Runs the planner's minute at `now`, and the assembly that it queued. */
async function minuteAt(now: string): Promise<void> {
  const queue = rememberingQueue();
  const deps = assembleDeps(database.db, queue.enqueue, () => new Date(now));
  await plan(deps);
  for (const { payload } of queue.jobs)
    if (payload.kind === 'assemble') await assemble(deps, payload.issueId);
}

const issues = (newsletterId: string) =>
  database.db.query<{ id: string; slot: Date; number: number | null; skipReason: string | null }>(
    'select id, slot, number, skip_reason from issues where newsletter_id = $1 order by id',
    [newsletterId],
  );

test('a slot since the last minute becomes one issue, sent to the readers who are due', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z');
  await minuteAt('2020-06-01T06:59:30Z');
  expect(await issues(id)).toEqual([]);
  await minuteAt('2020-06-01T07:00:30Z');
  const [issue, ...others] = await issues(id);
  expect(others).toEqual([]);
  expect(issue).toMatchObject({ slot: new Date('2020-06-01T07:00:00Z'), number: 1 });
  expect(await ledger(database.db, issue?.id ?? '')).toEqual({ queued: 2 });
  await minuteAt('2020-06-01T07:01:30Z');
  expect(await issues(id)).toHaveLength(1);
});

test('a paused newsletter has no issue; after the pause the next one brings what was missed, and no other slot', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z', { paused: true });
  await minuteAt('2020-06-01T07:00:30Z');
  await minuteAt('2020-06-01T07:59:30Z');
  expect(await issues(id)).toEqual([]);
  const changed = await updateNewsletter(database, { id, patch: { schedule: { paused: false } } });
  expect(changed.ok).toBe(true);
  await minuteAt('2020-06-01T08:00:30Z');
  expect(await issues(id)).toEqual([]);
  await minuteAt('2020-06-02T07:00:30Z');
  const [issue, ...others] = await issues(id);
  expect(others).toEqual([]);
  expect(issue).toMatchObject({ slot: new Date('2020-06-02T07:00:00Z'), number: 1 });
  expect(await ledger(database.db, issue?.id ?? '')).toEqual({ queued: 2 });
});

test('two planners at once, or a replay, make one issue', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z');
  await Promise.all(Array.from({ length: 6 }, () => minuteAt('2020-06-01T07:00:30Z')));
  expect(await issues(id)).toHaveLength(1);
  await database.db.query('update newsletters set planned_through = $2 where id = $1', [
    id,
    new Date('2020-06-01T06:59:00Z'),
  ]);
  await makePosts(database.db, id, 1);
  await minuteAt('2020-06-01T07:02:00Z');
  expect(await issues(id)).toHaveLength(1);
});

test('nothing new makes no issue', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z', {}, 0);
  await minuteAt('2020-06-01T07:00:30Z');
  expect(await issues(id)).toEqual([]);
});

test('a late post goes out the next day', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z');
  await minuteAt('2020-06-01T07:00:30Z');
  await makePosts(database.db, id, 1);
  await minuteAt('2020-06-02T07:00:30Z');
  const made = await issues(id);
  expect(made.map(({ slot, number }) => [slot.toISOString(), number])).toEqual([
    ['2020-06-01T07:00:00.000Z', 1],
    ['2020-06-02T07:00:00.000Z', 2],
  ]);
  const posts = await database.db.query('select 1 from issue_posts where issue_id = $1', [made[1]?.id]);
  expect(posts).toHaveLength(1);
});

test('a missed slot is made up for while it is at most lateAfterMinutes late', async () => {
  const inTime = await newsletter('2020-06-01T06:00:00Z', { lateAfterMinutes: 120 });
  const tooLate = await newsletter('2020-06-01T06:00:00Z', { lateAfterMinutes: 119 });
  await minuteAt('2020-06-01T09:00:00Z');
  expect(await issues(inTime)).toHaveLength(1);
  expect(await issues(tooLate)).toEqual([]);
  // The posts of the missed slot join the next issue.
  await minuteAt('2020-06-02T07:00:00Z');
  const [next] = await issues(tooLate);
  expect(next?.slot).toEqual(new Date('2020-06-02T07:00:00Z'));
  expect(await ledger(database.db, next?.id ?? '')).toEqual({ queued: 2 });
});

test('days of silence end with one issue, not with one for each day', async () => {
  const id = await newsletter('2020-06-01T06:00:00Z', { lateAfterMinutes: 10_080 });
  await minuteAt('2020-06-05T08:00:00Z');
  expect((await issues(id)).map(({ slot }) => slot.toISOString())).toEqual(['2020-06-05T07:00:00.000Z']);
});

test('the cut-off fixes the posts before the slot; the mail goes out at the slot', async () => {
  const id = await newsletter('2020-06-01T06:00:00Z', { cutoffMinutes: 30 });
  await minuteAt('2020-06-01T06:30:00Z');
  const [issue] = await issues(id);
  const row = await getIssueRow(database.db, issue?.id ?? '');
  expect(row && issueStatus(row)).toBe('frozen');
  expect(row?.fannedOutAt).toBeNull();
  await makePosts(database.db, id, 1);
  await minuteAt('2020-06-01T07:00:10Z');
  expect(await ledger(database.db, issue?.id ?? '')).toEqual({ queued: 2 });
  const posts = await database.db.query('select 1 from issue_posts where issue_id = $1', [issue?.id]);
  expect(posts).toHaveLength(2);
});

test('a held issue waits for approval, and goes out then', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z', { review: 'hold' });
  await minuteAt('2020-06-01T07:00:10Z');
  const [issue] = await issues(id);
  const issueId = issue?.id ?? '';
  await minuteAt('2020-06-01T07:05:00Z');
  expect(await ledger(database.db, issueId)).toEqual({});
  const queue = rememberingQueue();
  const deps = assembleDeps(database.db, queue.enqueue);
  expect(await approveIssue(deps, { by: 'cli', issueId })).toEqual({ ok: true });
  expect(await approveIssue(deps, { by: 'cli', issueId })).toEqual({ ok: true });
  expect(queue.jobs[0]).toEqual({ queue: 'issues', payload: { kind: 'assemble', issueId } });
  await assemble(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ queued: 2 });
});

test('readers with a time of their own are due at theirs, and others at the newsletter’s', async () => {
  const id = await newsletter('2020-06-01T06:59:00Z');
  const { id: reading } = await database.db.one<{ id: string }>(
    `insert into reading_times (newsletter_id, frequency, send_time, timezone)
     values ($1, 'daily', '18:30', 'Asia/Kolkata') returning id`,
    [id],
  );
  await database.db.query(
    `update subscriptions set reading_time_id = $2 where newsletter_id = $1 and subscriber_id =
       (select id from subscribers where address_key = $3)`,
    [id, reading, `n${id}-1@readers.example.org`],
  );
  await minuteAt('2020-06-01T07:00:10Z');
  await minuteAt('2020-06-01T13:00:10Z');
  const made = await issues(id);
  expect(made.map(({ slot }) => slot.toISOString())).toEqual([
    '2020-06-01T07:00:00.000Z',
    '2020-06-01T13:00:00.000Z',
  ]);
  for (const issue of made) expect(await ledger(database.db, issue.id)).toEqual({ queued: 1 });
});
