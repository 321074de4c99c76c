// Four eyes: whoever edited an issue last may not approve it, whichever way they come.
import { createApiKey } from '../../src/accounts/api-keys.js';
import { findAccount } from '../../src/accounts/manage-accounts.js';
import { signDecision } from '../../src/decision-link.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { approveIssue } from '../../src/issues/change-issue.js';
import { decideUnreviewed } from '../../src/issues/decide-unreviewed.js';
import { editDraft } from '../../src/issues/edit-draft.js';
import { editIssue } from '../../src/issues/edit-issue.js';
import { openSecrets } from '../../src/secrets.js';
import { getIssue } from '../../src/reports/progress.js';
import { makeAccount, visitor, type Visitor } from '../console/browser-session.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders, secretKey } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();
const database = useDatabase();
const app = useApp(database);
const deps = () => assembleDeps(database.db);
const people = new Map<string, { id: string; email: string; browser: Visitor }>();

beforeAll(async () => {
  for (const role of ['owner', 'editor'] as const) {
    const email = await makeAccount(database.db, role);
    const browser = visitor(app.url);
    await browser.signIn(email);
    const id = (await findAccount(database.db, email))?.id ?? '';
    people.set(role, { id, email, browser });
  }
});
const person = (role: 'owner' | 'editor') => {
  const found = people.get(role);
  if (found === undefined) throw new Error(role);
  return found;
};

let number = 0;
/** A newsletter with four eyes, two readers and two posts. */
async function newsroom(schedule = {}): Promise<string> {
  number += 1;
  const { id } = await makeNewsletter(database.db, {
    slug: `four-${number}`,
    schedule: { fourEyes: true, ...schedule },
  });
  await makeReaders(database.db, id, 2, { prefix: `four${number}-` });
  await makePosts(database.db, id, [{ title: `One ${number}` }, { title: `Two ${number}` }]);
  return id;
}

async function inReview(schedule = {}): Promise<string> {
  const made = await assembleNow(deps(), {
    newsletterId: await newsroom({ review: 'hold', ...schedule }),
  });
  if (made.status !== 'created') throw new Error(made.status);
  return made.issueId;
}

const statusOf = async (issueId: string) => (await getIssue(database.db, issueId))?.status;

test('in the console the last editor is refused by name, and a colleague approves', async () => {
  const issueId = await inReview();
  const review = `/console/issues/${issueId}/review`;
  const { browser: editor, email } = person('editor');
  await editor.get(review);
  await editor.post(`${review}/save`, { subject: 'Mine' });
  const asked = await editor.get(`${review}/approve`);
  expect(asked.text).toContain('You edited this issue last. Another person must approve it.');
  expect(asked.text).not.toContain('Approve and send');
  for (const path of [`${review}/approve`, `/console/issues/${issueId}/approve`]) {
    const refused = await editor.post(path);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain(`${email} edited this issue last. Another person must approve it.`);
  }
  expect(await statusOf(issueId)).toBe('review');
  const { browser: owner } = person('owner');
  expect((await owner.get(`${review}/approve`)).text).toContain('Approve and send');
  expect((await owner.post(`${review}/approve`)).location).toBe(`${review}?notice=approved`);
  expect(await statusOf(issueId)).not.toBe('review');
});

test('the link of a mail decides as its account', async () => {
  const issueId = await inReview();
  const key = openSecrets(secretKey).derive('review-links');
  const linkOf = (role: 'owner' | 'editor') =>
    `/review/${signDecision(key, 'review', { id: issueId, accountId: person(role).id }, new Date(Date.now() + 86_400_000))}`;
  const stranger = visitor(app.url);
  await stranger.post(`${linkOf('editor')}/save`, { subject: 'Mine' });
  const refused = await stranger.post(`${linkOf('editor')}/approve`);
  expect([refused.status, refused.text]).toEqual([
    409,
    expect.stringContaining(`${person('editor').email} edited this issue last.`),
  ]);
  expect((await stranger.post(`${linkOf('owner')}/approve`)).location).toMatch(/notice=approved$/);
});

test('an API key that edited an issue cannot approve it; another can', async () => {
  const issueId = await inReview();
  const keyOf = async (name: string) =>
    (await createApiKey({ db: database.db }, { name, role: 'editor' })).apiKey;
  const [mine, other] = [await keyOf('Newsroom'), await keyOf('Desk')];
  const edited = await app.api('PATCH', `/issues/${issueId}`, { subject: 'Mine' }, { key: mine });
  expect(edited.body).toMatchObject({ editedBy: expect.stringMatching(/^key:\d+$/) });
  const refused = await app.api('POST', `/issues/${issueId}/approve`, undefined, { key: mine });
  expect([refused.status, refused.body]).toEqual([
    409,
    expect.objectContaining({
      code: 'edited-last',
      detail: expect.stringMatching(/^Newsroom edited this issue last\./),
    }),
  ]);
  expect((await app.api('POST', `/issues/${issueId}/approve`, undefined, { key: other })).status).toBe(200);
});

test('the operator at the command line is one person', async () => {
  const issueId = await inReview();
  await editIssue(deps(), { by: 'cli', issueId, subject: 'Mine' });
  expect(await approveIssue(deps(), { by: 'cli', issueId })).toEqual({
    ok: false,
    code: 'edited-last',
    editedBy: 'cli',
  });
  expect(await approveIssue(deps(), { by: 'account:1', issueId })).toEqual({ ok: true });
});

test('an issue from an edited draft is held and remembers its editor; one that nobody edited goes out', async () => {
  const newsletterId = await newsroom();
  const draft = { newsletterId, madeFrom: 0, subject: 'Mine', words: {}, posts: [], held: false };
  await editDraft(deps(), { ...draft, accountId: person('editor').id });
  const { browser: editor } = person('editor');
  const asked = await editor.get(`/console/newsletters/four-${number}/send`);
  expect(asked.text).toContain('Assemble for review');
  const made = await assembleNow(deps(), { newsletterId, review: 'auto' });
  const issueId = made.status === 'created' ? made.issueId : '';
  expect(await statusOf(issueId)).toBe('review');
  const by = `account:${person('editor').id}`;
  expect(await approveIssue(deps(), { by, issueId })).toMatchObject({ code: 'edited-last' });
  expect(await approveIssue(deps(), { by: `account:${person('owner').id}`, issueId })).toEqual({ ok: true });

  await makePosts(database.db, newsletterId, [{ title: 'Later' }]);
  const next = await assembleNow(deps(), { newsletterId });
  expect(await statusOf(next.status === 'created' ? next.issueId : '')).toBe('frozen');
});

test('no timeout releases what someone edited', async () => {
  const schedule = { reviewTimeout: 'release', reviewMinutes: 0 };
  const [edited, untouched] = [await inReview(schedule), await inReview(schedule)];
  await editIssue(deps(), { by: 'account:1', issueId: edited, subject: 'Mine' });
  await decideUnreviewed({ ...deps(), now: () => new Date(Date.now() + 86_400_000) });
  expect([await statusOf(edited), await statusOf(untouched)]).toEqual(['review', 'frozen']);
});

test('without the setting the editor approves', async () => {
  const issueId = await inReview({ fourEyes: false });
  await editIssue(deps(), { by: 'account:1', issueId, subject: 'Mine' });
  expect(await approveIssue(deps(), { by: 'account:1', issueId })).toEqual({ ok: true });
});
