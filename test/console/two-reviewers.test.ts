// Two people edit an issue in review at the same time.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { editDraft } from '../../src/issues/edit-draft.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);

const versionIn = (page: string): string => /name="madeFrom" value="(\d+)"/.exec(page)?.[1] ?? '';

/** An issue in review, of a new newsletter, and its three posts. */
async function inReview(name: string) {
  const { db } = database;
  const newsletter = { name, slug: name.toLowerCase(), schedule: { review: 'hold' } } as const;
  const { id: newsletterId } = await makeNewsletter(db, newsletter);
  const [one = '', two = '', three = ''] = await makePosts(
    db,
    newsletterId,
    ['one', 'two', 'three'].map((title) => ({ title })),
  );
  await makeReaders(db, newsletterId, 2);
  const made = await assembleNow(assembleDeps(db), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  return { issueId: made.issueId, one, two, three };
}

test('a form made from an earlier state is not saved: it says what changed, keeps what was typed, and can replace it', async () => {
  const { db } = database;
  const deps = assembleDeps(db);
  const { issueId, one, two, three } = await inReview('Edited');
  const mine = visitor(app.url);
  await mine.signIn(await makeAccount(db, 'owner'));
  const path = `/console/issues/${issueId}/review`;
  const madeFrom = versionIn((await mine.get(path)).text);

  await editIssue(deps, {
    by: 'cli',
    issueId,
    subject: 'By another',
    posts: [one, three],
    texts: [{ postId: one, title: 'Another headline' }],
  });
  const stale = await mine.post(`${path}/save`, {
    madeFrom,
    subject: 'Mine',
    'words-opening': 'My opening.',
    [`do-${one}`]: 'keep',
    [`place-${one}`]: '2',
    [`title-${one}`]: 'My headline',
    [`do-${two}`]: 'keep',
    [`place-${two}`]: '1',
    [`title-${two}`]: 'two',
  });
  expect(stale.status).toBe(409);
  for (const said of ['someone else has changed the issue', 'Subject: By another', '“two” is left out'])
    expect(stale.text).toContain(said);
  expect(stale.text).not.toContain('The headline of “two”');
  for (const typed of ['value="Mine"', 'value="My headline"', 'My opening.'])
    expect(stale.text).toContain(typed);
  expect(await getIssueRow(db, issueId)).toMatchObject({ ownSubject: 'By another' });

  const again = await mine.post(`${path}/save`, { madeFrom: versionIn(stale.text), subject: 'Mine' });
  expect(again.location).toBe(`${path}?notice=saved`);
  expect(await getIssueRow(db, issueId)).toMatchObject({ ownSubject: 'Mine' });
});

/** The hidden fields of the form that asks. */
const seenIn = (page: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(
      page.matchAll(/name="(madeFrom|seenSubject|seenPosts)" value="([^"]*)"/g),
      ([, name = '', value = '']) => [name, value],
    ),
  );

test('an issue that was edited after its approval was asked is not approved: the page says what changed, and asks again', async () => {
  const { db } = database;
  const deps = assembleDeps(db);
  const { issueId, one, two, three } = await inReview('Approved');
  const mine = visitor(app.url);
  await mine.signIn('owner@example.org');
  const path = `/console/issues/${issueId}/review`;
  const [, ask = ''] = /href="([^"]*\/approve\?seen=\d+)"/.exec((await mine.get(path)).text) ?? [];
  const form = seenIn((await mine.get(ask)).text);
  // The newest first.
  expect(form['seenPosts']).toBe([three, two, one].join(' '));

  await editIssue(deps, { by: 'cli', issueId, subject: 'Another subject', posts: [one, three] });
  const refused = await mine.post(`${path}/approve`, form);
  expect(refused.status).toBe(409);
  for (const said of [
    'Not approved: the issue was edited',
    'Subject: Another subject',
    'The order of the posts',
    '“two” is left out',
  ])
    expect(refused.text).toContain(said);
  expect((await getIssueRow(db, issueId))?.approvedAt).toBeNull();
  // The link of the page that was seen before the edit says so, too.
  expect((await mine.get(ask)).text).toContain('The issue was edited after you looked at it');

  await editIssue(deps, { by: 'cli', issueId, words: { opening: 'Hello.' } });
  const texts = await mine.post(`${path}/approve`, seenIn(refused.text));
  expect(texts.status).toBe(409);
  expect(texts.text).toContain('Other texts: a headline');

  const approved = await mine.post(`${path}/approve`, seenIn(texts.text));
  expect(approved.location).toBe(`${path}?notice=approved`);
  expect((await getIssueRow(db, issueId))?.approvedAt).not.toBeNull();
});

test('Send now beside a draft that was edited meanwhile sends nothing, says what changed, and asks again', async () => {
  const { db } = database;
  const { id: newsletterId } = await makeNewsletter(db, { name: 'Sent', slug: 'sent' });
  const [one = '', two = ''] = await makePosts(db, newsletterId, [{ title: 'one' }, { title: 'two' }]);
  await makeReaders(db, newsletterId, 2);
  const mine = visitor(app.url);
  await mine.signIn('owner@example.org');
  const path = '/console/newsletters/sent/send';
  const form = seenIn((await mine.get(path)).text);
  const post = (postId: string, fate: 'keep' | 'drop') => ({ postId, fate, title: null, excerpt: null });
  const draft = { newsletterId, subject: 'A new subject', words: {}, held: false, accountId: null };
  await editDraft(assembleDeps(db), { ...draft, posts: [post(two, 'keep'), post(one, 'drop')], madeFrom: 0 });
  const refused = await mine.post(path, form);
  expect(refused.status).toBe(409);
  for (const said of ['Not sent: the next issue was edited', 'Subject: A new subject', '“one” is left out'])
    expect(refused.text).toContain(said);
  const issues = () => db.query('select id from issues where newsletter_id = $1', [newsletterId]);
  expect(await issues()).toEqual([]);
  expect((await mine.post(path, seenIn(refused.text))).location).toMatch(/^\/console\/issues\/\d+$/);
  expect(await issues()).toHaveLength(1);
});
