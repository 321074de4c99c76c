// GET /issues/:id/explain: why a post or a reader is in an issue or not.
import { day } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { useApp, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  changeReader,
  deliveryDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  sendAll,
} from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);

const deps = () => assembleDeps(database.db);

async function codes(issueId: string, query: string): Promise<string> {
  const { status, body } = await app.api('GET', `/issues/${issueId}/explain?${query}`);
  if (status !== 200) return String(status);
  const reasons = body['reasons'] as { code: string; text: string }[];
  for (const { text } of reasons) expect(text).toMatch(/^[A-Z].*[.:]?/);
  return [body['included'] ? 'yes' : 'no', ...reasons.map(({ code }) => code)].join(' ');
}

const idOf = async (name: string): Promise<string> =>
  (
    await database.db.one<{ id: string }>('select id from subscribers where address_key = $1', [
      `${name}@readers.example.org`,
    ])
  ).id;

test('a post: each reason from its record', async () => {
  const { id } = await makeNewsletter(database.db, {
    topics: ['City', 'Art'],
    schedule: { maxPosts: 2, review: 'hold' },
    selection: { exclude: ['Ads'] },
  });
  const [old, ad, dropped, later, held, second, first] = await makePosts(database.db, id, [
    { title: 'beyond' },
    { title: 'ad', topics: ['Ads'] },
    { title: 'dropped' },
    { title: 'later' },
    { title: 'held' },
    { title: 'second' },
    { title: 'first', topics: ['City'] },
  ]);
  await app.api('PATCH', `/posts/${held}`, { state: 'held' });
  await makeReaders(database.db, id, 2, { prefix: 'post-all' });
  await makeReaders(database.db, id, 1, { prefix: 'post-art', topics: ['Art'] });
  const made = await assembleNow(deps(), { newsletterId: id });
  const issueId = made.status === 'created' ? made.issueId : '';
  expect(
    await editIssue(deps(), {
      by: 'cli',
      issueId,
      posts: [first ?? '', second ?? '', old ?? ''],
      later: [later ?? ''],
    }),
  ).toEqual({ ok: true });
  await approveIssue(deps(), { by: 'cli', issueId });
  await assemble(deps(), issueId);
  const [late] = await makePosts(database.db, id, [{ title: 'late' }]);
  expect(await codes(issueId, `post=${first}`)).toBe('yes in-issue shown not-for-all');
  expect(await codes(issueId, `post=${second}`)).toBe('yes in-issue shown');
  expect(await codes(issueId, `post=${ad}`)).toBe('no topic');
  expect(await codes(issueId, `post=${dropped}`)).toBe('no dropped excluded');
  expect(await codes(issueId, `post=${later}`)).toBe('no later after-cut-off');
  expect(await codes(issueId, `post=${held}`)).toBe('no held');
  expect(await codes(issueId, `post=${late}`)).toBe('no after-cut-off');
  const next = await assembleNow(deps(), { newsletterId: id, review: 'auto' });
  const nextId = next.status === 'created' ? next.issueId : '';
  expect(await codes(nextId, `post=${second}`)).toBe('no had-already');
  // A post of another newsletter, an invalid post, both parameters, neither.
  const other = await makeNewsletter(database.db);
  const [foreign] = await makePosts(database.db, other.id, 1);
  expect(await codes(issueId, `post=${foreign}`)).toBe('404');
  expect(await codes(issueId, 'post=x')).toBe('404');
  expect(await codes(issueId, 'post=1&subscriber=1')).toBe('400');
  expect(await codes(issueId, '')).toBe('400');
});

test('a reader: each reason from their record', async () => {
  const { id } = await makeNewsletter(database.db, { topics: ['City', 'Art'] });
  await makePosts(database.db, id, [{ title: 'one', topics: ['City'] }]);
  await makeReaders(database.db, id, 6, { prefix: 'who' });
  await makeReaders(database.db, id, 1, { prefix: 'who-art', topics: ['Art'] });
  const change = (name: string, changes: Parameters<typeof changeReader>[2]) =>
    changeReader(database.db, { newsletterId: id, address: `${name}@readers.example.org` }, changes);
  await change('who2', { pausedUntil: new Date(Date.now() + 3 * day) });
  await change('who3', { status: 'unsubscribed' });
  await database.db.query(
    `insert into suppressions (address_hash, reason) select address_hash, 'bounce' from subscribers
     where address_key = 'who4@readers.example.org'`,
  );
  const made = await assembleNow(deps(), { newsletterId: id });
  const issueId = made.status === 'created' ? made.issueId : '';
  await assemble(deps(), issueId);
  // who5 unsubscribes after the fan-out and before the hand-over.
  await change('who5', { status: 'unsubscribed' });
  app.sink.onStage((stage, { rcpt }) =>
    stage === 'rcpt' && rcpt?.startsWith('who6') ? { code: 550, text: '5.1.1 no such user' } : undefined,
  );
  const delivery = await deliveryDeps(database.db, app.sink.url);
  await sendAll(delivery, issueId);
  await finishIfDone(delivery, issueId);
  await delivery.close();
  app.sink.onStage(undefined);
  await makeReaders(database.db, id, 1, { prefix: 'who-late' });
  const of = async (name: string) => codes(issueId, `subscriber=${await idOf(name)}`);
  expect(await of('who1')).toBe('yes accepted posts');
  expect(await of('who2')).toBe('no paused');
  expect(await of('who3')).toBe('no unsubscribed');
  expect(await of('who4')).toBe('no suppressed');
  expect(await of('who5')).toBe('no unsubscribed posts');
  expect(await of('who6')).toBe('no refused posts');
  expect(await of('who-art1')).toBe('no topics');
  expect(await of('who-late1')).toBe('no subscribed-after');
  const refused = await app.api('GET', `/issues/${issueId}/explain?subscriber=${await idOf('who6')}`);
  expect(refused.text).toContain('no such user');
  // The next issue before and after its assembly, then an issue that is not due for this reader.
  await makePosts(database.db, id, [{ title: 'two', topics: ['Art'] }]);
  const next = await assembleNow(deps(), { newsletterId: id });
  const nextId = next.status === 'created' ? next.issueId : '';
  expect(await codes(nextId, `subscriber=${await idOf('who1')}`)).toBe('no not-sent');
  await assemble(deps(), nextId);
  expect(await codes(nextId, `subscriber=${await idOf('who1')}`)).toBe('no queued posts');
  await database.db.query(`update issues set kind = 'scheduled', due_default = false where id = $1`, [
    issueId,
  ]);
  await database.db.query('delete from deliveries where issue_id = $1', [issueId]);
  expect(await of('who1')).toBe('no not-due');
  expect(await codes(issueId, 'subscriber=999999')).toBe('404');
});
