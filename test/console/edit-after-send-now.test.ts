// "Send now" only makes the issue, and a worker freezes it. Nobody agreed to an edit between the two.
import { assemble } from '../../src/issues/assemble.js';
import { editDraft, getDraft } from '../../src/issues/edit-draft.js';
import { getIssueRow } from '../../src/issues/issue.js';
import { issueStatus } from '../../src/issues/status.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;

beforeAll(async () => {
  owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
});

/** Presses "Send now" on the page that asks. */
async function press(name: string): Promise<{ newsletterId: string; issueId: string }> {
  const { db } = database;
  const slug = name.toLowerCase();
  const { id: newsletterId } = await makeNewsletter(db, { name, slug });
  await makePosts(db, newsletterId, [{ title: 'One' }, { title: 'Two' }]);
  await makeReaders(db, newsletterId, 2);
  const path = `/console/newsletters/${slug}/send`;
  const { text } = await owner.get(path);
  const seen = ['madeFrom', 'seenSubject', 'seenPosts'].map((field): [string, string] => [
    field,
    new RegExp(`name="${field}" value="([^"]*)"`).exec(text)?.[1] ?? '',
  ]);
  const pressed = await owner.post(path, Object.fromEntries(seen));
  return { newsletterId, issueId: /\/issues\/(\d+)$/.exec(pressed.location ?? '')?.[1] ?? '' };
}

async function statusOf(issueId: string): Promise<string | undefined> {
  const row = await getIssueRow(database.db, issueId);
  return row && issueStatus(row);
}

test('an edit after the press, and before the freeze, waits for an approval, and the page says why', async () => {
  const { db } = database;
  const { newsletterId, issueId } = await press('Edited');
  const { version: madeFrom } = await getDraft(db, newsletterId);
  const edited = await editDraft(assembleDeps(db), {
    newsletterId,
    madeFrom,
    subject: 'Not what was agreed to',
    words: {},
    posts: [],
    held: false,
    accountId: null,
  });
  expect(edited.ok).toBe(true);
  await assemble(assembleDeps(db), issueId);
  expect([await statusOf(issueId), (await getIssueRow(db, issueId))?.subject]).toEqual([
    'review',
    'Not what was agreed to',
  ]);
  const page = await owner.get(`/console/issues/${issueId}/review`);
  expect(page.text).toContain('somebody edited this issue after “Send now” was pressed');
});

test('without an edit the issue goes out', async () => {
  const { issueId } = await press('Untouched');
  await assemble(assembleDeps(database.db), issueId);
  expect(await statusOf(issueId)).toBe('sending');
});

test('a new post is no edit: it goes out with the others', async () => {
  const { newsletterId, issueId } = await press('Joined');
  await makePosts(database.db, newsletterId, [{ title: 'Three' }]);
  await assemble(assembleDeps(database.db), issueId);
  expect(await statusOf(issueId)).toBe('sending');
});
