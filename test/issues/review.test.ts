// An issue in review: the mail about it, the preview without a session, changes, approval and recall, and the
// automatic decision.
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { sendAccountMails } from '../../src/account-mails/send-account-mails.js';
import { createMailer } from '../../src/mail/send.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue, retractIssue } from '../../src/issues/change-issue.js';
import { decideUnreviewed } from '../../src/issues/decide-unreviewed.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { readDecision, signDecision } from '../../src/decision-link.js';
import { issueStatus } from '../../src/issues/status.js';
import { deleteAccount, listAccounts } from '../../src/accounts/manage-accounts.js';
import type { NewsletterInput } from '../../src/newsletters/schema.js';
import { openSecrets } from '../../src/secrets.js';
import { makeAccount, visitor } from '../console/browser-session.js';
import { useApp, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  baseUrl,
  ledger,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
  secretKey,
  testRelays,
} from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
const app = useApp(database);
beforeAll(async () => {
  await makeAccount(database.db, 'owner');
  await makeAccount(database.db, 'viewer');
});

const secrets = openSecrets(secretKey);
const by = 'cli';
const deps = (now = () => new Date()) => assembleDeps(database.db, rememberingQueue().enqueue, now);

let number = 0;
async function held(
  input: Partial<NewsletterInput> = {},
  titles = ['one', 'two', 'three'],
): Promise<{ newsletterId: string; issueId: string; posts: Record<string, string> }> {
  const { id: newsletterId } = await makeNewsletter(database.db, {
    ...input,
    schedule: { review: 'hold', ...input.schedule },
  });
  number += 1;
  const ids = await makePosts(
    database.db,
    newsletterId,
    titles.map((title) => ({ title })),
  );
  await makeReaders(database.db, newsletterId, 2, { prefix: `held${number}-` });
  const answer = await assembleNow(deps(), { newsletterId });
  if (answer.status !== 'created') throw new Error(answer.status);
  return {
    newsletterId,
    issueId: answer.issueId,
    posts: Object.fromEntries(titles.map((title, index) => [title, ids[index] ?? ''])),
  };
}

const statusOf = async (issueId: string) => {
  const issue = await getIssueRow(database.db, issueId);
  return issue && issueStatus(issue);
};

/** Approves and assembles the issue; returns the titles that each reader gets. */
async function sent(issueId: string): Promise<string[]> {
  await approveIssue(deps(), { by, issueId });
  await assemble(deps(), issueId);
  const rows = await database.db.query<{ titles: string[] }>(
    `select distinct array(select ip.post->>'title' from unnest(v.post_ids) with ordinality as p (id, n)
       join issue_posts ip on ip.issue_id = d.issue_id and ip.post_id = p.id order by p.n) as titles
     from deliveries d join variants v on v.id = d.variant_id where d.issue_id = $1`,
    [issueId],
  );
  expect(rows).toHaveLength(1);
  return rows[0]?.titles ?? [];
}

async function nextIssue(newsletterId: string): Promise<string[]> {
  const answer = await assembleNow(deps(), { newsletterId, review: 'hold' });
  return answer.status === 'created' ? sent(answer.issueId) : [];
}

const linkFor = async (
  issueId: string,
  email = 'owner@example.org',
  expiresAt = new Date(Date.now() + 3_600_000),
) => {
  const account = (await listAccounts(database.db, { limit: 10 })).find((one) => one.email === email);
  const token = signDecision(
    secrets.derive('review-links'),
    'review',
    { id: issueId, accountId: account?.id ?? '0' },
    expiresAt,
  );
  return `/review/${token}`;
};

/** Sends the mails to accounts that are due. */
async function tell(): Promise<void> {
  const relays = testRelays(app.sink.url, { connections: 1 });
  const now = () => new Date();
  const mailer = createMailer({ relays, now });
  const renderers = accountMailRenderers({ db: database.db, now, secrets, baseUrl });
  await sendAccountMails({ db: database.db, mailer, now }, renderers);
  await relays.close();
}

describe('the mail to the accounts', () => {
  test('goes once to each account that may decide, with the issue’s content and a personal link', async () => {
    const { issueId } = await held({ name: 'Evening Post' });
    const before = app.sink.messages.length;
    await tell();
    await tell();
    const mails = app.sink.messages.slice(before);
    expect(mails.map(({ to }) => to)).toEqual([['owner@example.org']]);
    const raw = mails[0]?.raw.toString() ?? '';
    expect(raw).toMatch(/^Subject: Review Evening Post: /m);
    const text = raw.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
    expect(text).toContain('1. three');
    const [, token = ''] = /\/review\/([\w-]{50})/.exec(text) ?? [];
    expect(readDecision(secrets.derive('review-links'), 'review', token, new Date())).toMatchObject({
      id: issueId,
      expired: false,
    });
  });

  test('is not sent if the issue is already decided', async () => {
    const { issueId } = await held();
    await approveIssue(deps(), { by, issueId });
    const before = app.sink.messages.length;
    await tell();
    expect(app.sink.messages).toHaveLength(before);
    expect(
      await database.db.query(`select 1 from account_mails where kind = 'review' and subject_id = $1`, [
        issueId,
      ]),
    ).toEqual([]);
  });

  test('assembling wakes it', async () => {
    const { issueId } = await held();
    const queue = rememberingQueue();
    await assemble(assembleDeps(database.db, queue.enqueue), issueId);
    expect(queue.jobs).toContainEqual({ queue: 'issues', payload: { kind: 'send-account-mails' } });
  });
});

describe('the link', () => {
  test('shows without signing in and changes nothing; POST approves, and takes back', async () => {
    const { issueId } = await held({ schedule: { retractMinutes: 30 } });
    const link = await linkFor(issueId);
    const anybody = visitor(app.url);
    const page = await anybody.get(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.text).toContain('Waiting for your approval');
    expect((await anybody.get(`${link}/preview`)).headers.get('content-security-policy')).toMatch(/^sandbox/);
    for (const action of ['approve', 'cancel', 'save', 'retract']) await anybody.get(`${link}/${action}`);
    expect(await statusOf(issueId)).toBe('review');

    expect((await anybody.post(`${link}/approve`)).location).toBe(`${link}?notice=approved`);
    expect(await statusOf(issueId)).toBe('frozen');
    await assemble(deps(), issueId);
    expect(await ledger(database.db, issueId)).toEqual({});
    expect((await anybody.get(link)).text).toContain('Until then you can withdraw the approval');
    await anybody.post(`${link}/retract`);
    expect(await statusOf(issueId)).toBe('review');
    const audit = await database.db.query<{ action: string; actor: string }>(
      'select action, actor from audit where subject = $1 order by id',
      [`issue:${issueId}`],
    );
    expect(audit.map(({ action }) => action)).toEqual(['issue.approve', 'issue.retract']);
    expect(audit[0]?.actor).toMatch(/^account:\d+$/);
  });

  test('does not work if it is forged, expired, of a viewer or of a deleted account', async () => {
    const { issueId } = await held();
    const link = await linkFor(issueId);
    const anybody = visitor(app.url);
    const swapped = link.slice(0, -2) + (link.endsWith('AA') ? 'BB' : 'AA');
    expect((await anybody.post(`${swapped}/approve`)).status).toBe(404);
    expect((await anybody.get('/review/short')).status).toBe(404);
    const old = await linkFor(issueId, 'owner@example.org', new Date(Date.now() - 120_000));
    expect((await anybody.post(`${old}/approve`)).status).toBe(410);
    expect((await anybody.post(`${await linkFor(issueId, 'viewer@example.org')}/approve`)).status).toBe(404);
    const email = await makeAccount(database.db, 'editor');
    const editors = await linkFor(issueId, email);
    expect((await anybody.get(editors)).status).toBe(200);
    const editor = (await listAccounts(database.db, { limit: 10 })).find((one) => one.email === email);
    await deleteAccount({ db: database.db }, { id: editor?.id ?? '' });
    expect((await anybody.post(`${editors}/approve`)).status).toBe(404);
    expect(await statusOf(issueId)).toBe('review');
  });

  test('its form reorders, drops, postpones and rewrites; the page shows the result', async () => {
    const { issueId, newsletterId, posts } = await held();
    const link = await linkFor(issueId);
    const anybody = visitor(app.url);
    const saved = await anybody.post(`${link}/save`, {
      subject: 'Read this: {{firstTitle}}',
      'words-opening': 'Good evening.\r\n\r\nIt is late.',
      'words-closing': '',
      'words-sponsor': '',
      [`do-${posts['one']}`]: 'keep',
      [`place-${posts['one']}`]: '1',
      [`do-${posts['two']}`]: 'later',
      [`place-${posts['two']}`]: '2',
      [`do-${posts['three']}`]: 'drop',
      [`place-${posts['three']}`]: '3',
    });
    expect(saved.location).toBe(`${link}?notice=saved`);
    const page = await anybody.get(link);
    expect(page.text).toContain('Read this: one');
    expect(page.text).toContain('saved for the next issue');
    const mail = await anybody.get(`${link}/preview`);
    expect(mail.text).toContain('It is late.');
    expect(mail.text).toContain('one');
    expect(mail.text).not.toContain('three');
    expect(await sent(issueId)).toEqual(['one']);
    expect(await nextIssue(newsletterId)).toEqual(['two']);
    expect(await nextIssue(newsletterId)).toEqual([]);
  });

  test('a wrong subject saves nothing, says so, and keeps what was typed', async () => {
    const { issueId } = await held();
    const link = await linkFor(issueId);
    const typed = { subject: '{{firstTitle', 'words-opening': 'Written for an hour', madeFrom: '0' };
    const answer = await visitor(app.url).post(`${link}/save`, typed);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Not saved: <a href="#subject">the subject</a>');
    expect(answer.text).toContain('value="{{firstTitle"');
    expect(answer.text).toContain('Written for an hour</textarea>');
    expect(answer.text).toContain('name="madeFrom" value="0"');
    expect((await getIssueRow(database.db, issueId))?.ownSubject).toBeNull();
  });
});

describe('changing an issue', () => {
  test('a dropped post can be included again, at its new position', async () => {
    const { issueId, posts } = await held();
    const of = (...titles: string[]) => titles.map((title) => posts[title] ?? '');
    expect(await editIssue(deps(), { by, issueId, posts: of('two') })).toEqual({ ok: true });
    expect(
      await database.db.query(
        `select title from posts where state = 'excluded' and id = any ($1) order by id`,
        [Object.values(posts)],
      ),
    ).toEqual([{ title: 'one' }, { title: 'three' }]);
    expect(await editIssue(deps(), { by, issueId, posts: of('three', 'two', 'one') })).toEqual({ ok: true });
    expect(await sent(issueId)).toEqual(['three', 'two', 'one']);
  });

  test('a dropped post can be made to wait instead, and one that waits can come back', async () => {
    const { issueId, newsletterId, posts } = await held();
    const of = (...titles: string[]) => titles.map((title) => posts[title] ?? '');
    await editIssue(deps(), { by, issueId, posts: of('one') });
    expect(await editIssue(deps(), { by, issueId, posts: of('one'), later: of('two', 'three') })).toEqual({
      ok: true,
    });
    expect(await editIssue(deps(), { by, issueId, posts: of('one', 'three'), later: of('two') })).toEqual({
      ok: true,
    });
    expect(await sent(issueId)).toEqual(['one', 'three']);
    expect(await nextIssue(newsletterId)).toEqual(['two']);
  });

  test('a post that has gone out in another issue cannot be saved for later: its readers would get it twice', async () => {
    const { newsletterId, issueId, posts } = await held();
    const now = await assembleNow(deps(), { newsletterId, review: 'auto', postIds: [posts['two'] ?? ''] });
    expect(now.status).toBe('created');
    expect(await editIssue(deps(), { by, issueId, later: [posts['two'] ?? ''] })).toEqual({
      ok: false,
      code: 'posts-went-out',
      postIds: [posts['two']],
    });
    // This issue can omit the post, and the other issue keeps it.
    expect(await editIssue(deps(), { by, issueId, posts: [posts['one'] ?? ''] })).toEqual({ ok: true });
    expect(await database.db.query('select state from posts where id = $1', [posts['two']])).toEqual([
      { state: 'eligible' },
    ]);
  });

  test('an order by hand says which stay when there are too many', async () => {
    const { issueId, posts } = await held({ schedule: { maxPosts: 2 } });
    const of = (...titles: string[]) => titles.map((title) => posts[title] ?? '');
    await editIssue(deps(), { by, issueId, posts: of('one', 'three', 'two') });
    expect(await sent(issueId)).toEqual(['one', 'three']);
  });

  test('nothing is changed when a post is unknown, nothing is left, or the issue has moved on', async () => {
    const { issueId, posts } = await held();
    const other = await held();
    const unknown = Object.values(other.posts)[0] ?? '';
    expect(await editIssue(deps(), { by, issueId, subject: 'New', posts: [unknown] })).toEqual({
      ok: false,
      code: 'posts-not-in-issue',
      postIds: [unknown],
    });
    expect(await editIssue(deps(), { by, issueId, posts: [] })).toEqual({ ok: false, code: 'nothing-left' });
    expect(await editIssue(deps(), { by, issueId: '999999', subject: 'New' })).toMatchObject({
      code: 'issue-not-found',
    });
    await approveIssue(deps(), { by, issueId });
    expect(await editIssue(deps(), { by, issueId, posts: [posts['one'] ?? ''] })).toEqual({
      ok: false,
      code: 'wrong-state',
      status: 'frozen',
    });
    expect((await getIssueRow(database.db, issueId))?.ownSubject).toBeNull();
  });

  test('through the API', async () => {
    const { issueId, posts } = await held({ words: { opening: 'Every day.' } });
    const changed = await app.api('PATCH', `/issues/${issueId}`, {
      subject: 'Today: {{firstTitle}}',
      words: { opening: 'Every day.', sponsor: '<b>Tea</b><script>alert(1)</script>' },
      posts: [posts['two'], posts['one']],
      later: [posts['three']],
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      subject: 'Today: two',
      ownWords: { sponsor: expect.stringContaining('Tea') },
      posts: [{ title: 'two' }, { title: 'one' }],
      omitted: [{ title: 'three', reason: 'later' }],
    });
    // An opening that every issue has is not one of this issue's words.
    expect(changed.body['ownWords']).not.toHaveProperty('opening');
    const html = (await app.api('GET', `/issues/${issueId}/preview`)).text;
    expect(html).toContain('Every day.');
    expect(html).toContain('Tea');
    expect(html).not.toContain('<script');
    expect((await app.api('PATCH', `/issues/${issueId}`, { posts: ['999999999'] })).body.code).toBe(
      'posts-not-in-issue',
    );
    expect((await app.api('PATCH', `/issues/${issueId}`, { subject: 'a\nb' })).status).toBe(400);
    expect((await app.api('POST', `/issues/${issueId}/approve`)).body).toMatchObject({ status: 'frozen' });
    expect((await app.api('PATCH', `/issues/${issueId}`, { subject: 'Late' })).body.code).toBe('wrong-state');
    expect((await app.api('POST', `/issues/${issueId}/retract`)).body).toMatchObject({ status: 'review' });
  });
});

describe('without a decision', () => {
  const minutes = (from: number) => () => new Date(Date.now() + from * 60_000);

  test('it goes out, once there was time to look', async () => {
    const { issueId } = await held({ schedule: { reviewTimeout: 'release', reviewMinutes: 20 } });
    const queue = rememberingQueue();
    await decideUnreviewed({ db: database.db, enqueue: queue.enqueue, now: minutes(19) });
    expect(await statusOf(issueId)).toBe('review');
    await decideUnreviewed({ db: database.db, enqueue: queue.enqueue, now: minutes(21) });
    expect(await statusOf(issueId)).toBe('frozen');
    expect(queue.jobs).toEqual([{ queue: 'issues', payload: { kind: 'assemble', issueId } }]);
    await assemble(deps(), issueId);
    expect(await ledger(database.db, issueId)).toEqual({ queued: 2 });
  });

  test('it is skipped, and its posts go out with the next issue', async () => {
    const { issueId, newsletterId } = await held({ schedule: { reviewTimeout: 'skip', reviewMinutes: 0 } });
    await decideUnreviewed({ db: database.db, enqueue: rememberingQueue().enqueue, now: minutes(1) });
    expect(await getIssueRow(database.db, issueId)).toMatchObject({ skipReason: 'not-reviewed' });
    expect(await approveIssue(deps(), { by, issueId })).toMatchObject({
      code: 'wrong-state',
      status: 'skipped',
    });
    expect(await nextIssue(newsletterId)).toEqual(['three', 'two', 'one']);
  });

  test('it waits by default; and an issue with a withdrawn approval waits for a person', async () => {
    const { issueId } = await held({ schedule: { reviewMinutes: 0 } });
    const released = await held({
      schedule: { reviewTimeout: 'release', reviewMinutes: 0, retractMinutes: 5 },
    });
    await approveIssue(deps(), { by, issueId: released.issueId });
    await retractIssue(deps(), { issueId: released.issueId });
    await decideUnreviewed({ db: database.db, enqueue: rememberingQueue().enqueue, now: minutes(600) });
    expect(await statusOf(issueId)).toBe('review');
    expect(await statusOf(released.issueId)).toBe('review');
  });
});

test('an issue that is fanned out cannot be withdrawn', async () => {
  const { issueId } = await held();
  await sent(issueId);
  expect(await retractIssue(deps(), { issueId })).toMatchObject({ code: 'wrong-state', status: 'sending' });
});
