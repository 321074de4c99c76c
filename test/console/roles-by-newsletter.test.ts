// An account whose role is for some newsletters: every page about another one is closed, by its address and its ids.
import { changeRole } from '../../src/accounts/manage-accounts.js';
import { addAccountMails } from '../../src/account-mails/add.js';
import { createAccount } from '../../src/accounts/create-account.js';
import type { Role } from '../../src/accounts/permission.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { password, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const every = useEveryRoute(database);

/** Pages about the account itself or before a sign-in, and the list of its newsletters. */
const forEveryone = /^\/console(?:$|\/(?:profile|sign-in|sign-out|forgotten|password|prove)(?:\/|$))/;

const idOf = async (slug: string): Promise<string> =>
  (await database.db.one<{ id: string }>('select id from newsletters where slug = $1', [slug])).id;

/** An account for the newsletter "Closed". The ids of all examples are of "Open", or of both. */
async function signedIn(role: Role): Promise<Visitor> {
  const email = `${role}-of-closed@example.org`;
  const made = await createAccount(database, { email, password, role: 'viewer' });
  const id = made.ok ? made.account.id : '';
  await changeRole(database, { id, role, newsletterIds: [await idOf('closed')] });
  const browser = visitor(every.app.url);
  expect((await browser.signIn(email)).status).toBe(303);
  return browser;
}

test.each(['editor', 'viewer'] as const)('an %s reaches no page of a foreign newsletter', async (role) => {
  const browser = await signedIn(role);
  const paths = (all: string[]) =>
    all
      .filter((path) => path.startsWith('/console') && !forEveryone.test(path))
      .map((path) => every.fill(path) ?? path);
  const [gets, posts] = [paths(every.declared), paths(every.posts)];
  expect([gets.length > 30, posts.length > 30]).toEqual([true, true]);
  const reached: string[] = [];
  for (const path of gets) {
    const { status, text } = await browser.get(path);
    if (![403, 404].includes(status) || />Open</.test(text)) reached.push(`GET ${path}: ${status}`);
  }
  await browser.get('/console/profile');
  for (const path of posts) {
    const { status } = await browser.post(path);
    if (![403, 404].includes(status)) reached.push(`POST ${path}: ${status}`);
  }
  expect(reached).toEqual([]);
});

test('its own newsletter is open, and lists show no other', async () => {
  const browser = visitor(every.app.url);
  await browser.signIn('editor-of-closed@example.org');
  const home = await browser.get('/console');
  expect([home.text.includes('newsletters/closed'), home.text.includes('newsletters/open')]).toEqual([
    true,
    false,
  ]);
  for (const link of ['new-newsletter', 'first-run', 'subscribers', 'team', 'audit'])
    expect(home.text).not.toContain(`/console/${link}"`);
  for (const path of ['', '/readers', '/settings', '/next-issue', '/feeds'])
    expect([path, (await browser.get(`/console/newsletters/closed${path}`)).status]).toEqual([path, 200]);
  const { id } = await database.db.one<{ id: string }>('select id from issues where newsletter_id = $1', [
    await idOf('closed'),
  ]);
  expect((await browser.get(`/console/issues/${id}`)).status).toBe(200);
  // A feed and an import of another newsletter are not found under the own one.
  const foreign = await database.db.one<{ id: string }>('select id from feeds where newsletter_id = $1', [
    await idOf('open'),
  ]);
  expect((await browser.get(`/console/newsletters/closed/feeds/${foreign.id}`)).status).toBe(404);
});

test('mails about an issue go to the accounts of its newsletter, others to those of all', async () => {
  const to = async (subjectId: string, newsletterId?: string) => {
    await addAccountMails(database.db, {
      kind: 'review',
      subjectId,
      now: new Date(),
      ...(newsletterId === undefined ? {} : { newsletterId }),
    });
    const rows = await database.db.query<{ email: string }>(
      'select a.email from account_mails m join accounts a on a.id = m.account_id where m.subject_id = $1 order by 1',
      [subjectId],
    );
    return rows.map(({ email }) => email);
  };
  expect(await to('1001', await idOf('closed'))).toEqual([
    'editor-of-closed@example.org',
    'owner@example.org',
  ]);
  expect(await to('1002', await idOf('open'))).toEqual(['owner@example.org']);
  expect(await to('1003')).toEqual(['owner@example.org']);
});

test('a role for no newsletter, or for one that is deleted, opens nothing', async () => {
  const { id } = await database.db.one<{ id: string }>(
    `select id from accounts where email = 'viewer-of-closed@example.org'`,
  );
  await changeRole(database, { id, role: 'viewer', newsletterIds: [] });
  const browser = visitor(every.app.url);
  await browser.signIn('viewer-of-closed@example.org');
  expect((await browser.get('/console/newsletters/closed')).status).toBe(404);
  expect((await browser.get('/console')).text).not.toContain('/console/newsletters/');
});
