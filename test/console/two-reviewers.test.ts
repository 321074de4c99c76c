// Two people edit an issue in review at the same time.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);

const versionIn = (page: string): string => /name="madeFrom" value="(\d+)"/.exec(page)?.[1] ?? '';

test('a form made from an earlier state is not saved: it says what changed, keeps what was typed, and can replace it', async () => {
  const { db } = database;
  const deps = assembleDeps(db);
  const { id: newsletterId } = await makeNewsletter(db, { schedule: { review: 'hold' } });
  const [one = '', two = '', three = ''] = await makePosts(
    db,
    newsletterId,
    ['one', 'two', 'three'].map((title) => ({ title })),
  );
  await makeReaders(db, newsletterId, 2);
  const made = await assembleNow(deps, { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  const { issueId } = made;
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
