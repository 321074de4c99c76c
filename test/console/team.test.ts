// Owners invite, change and remove colleagues; a forgotten password is chosen anew by the link of a mail.
import { createAccount } from '../../src/accounts/create-account.js';
import { startApp, type TestApp } from '../support/app.js';
import { mailAccounts } from '../support/account-mail.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { baseUrl } from '../support/newsroom.js';
import { password, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const boss = 'boss@example.org';
const colleague = 'ada@example.org';
const chosen = 'a password of my own';
/** Milliseconds by which the clock of the console is ahead. */
let ahead = 0;
let app: TestApp;
let owner: Visitor;

beforeAll(async () => {
  // Without https, so that the cookies have their plain names.
  app = await startApp(database, {
    publicUrl: 'http://digest.example.org',
    now: () => new Date(Date.now() + ahead),
  });
  await createAccount(database, { email: boss, password, role: 'owner' });
  owner = visitor(app.url);
  await owner.signIn(boss);
});
closeAfterAll(() => app.close());

const mailed = () => mailAccounts(database.db, app.sink);

/** The path of the link in a mail. */
function pathIn(text: string | undefined): string {
  const [, path = ''] = new RegExp(`${baseUrl}(/console/password/[\\w-]+)`).exec(text ?? '') ?? [];
  expect(path).not.toBe('');
  return path;
}

async function chooseAt(path: string, fields = { chosen, again: chosen }) {
  const browser = visitor(app.url);
  const page = await browser.get(path);
  return { page, answer: await browser.post(path, fields), browser };
}

const idOf = async (email: string): Promise<string> =>
  (await database.db.one<{ id: string }>('select id from accounts where email = $1', [email])).id;

test('an invited colleague chooses a password by the link, once', async () => {
  await owner.get('/console/team');
  const invited = await owner.post('/console/team', { email: colleague, role: 'editor' });
  expect([invited.status, invited.location]).toEqual([303, '/console/team?notice=invited']);
  expect((await owner.get('/console/team')).text).toMatch(/ada@example\.org.*Invited/s);
  const [mail] = await mailed();
  expect([mail?.to, mail?.subject]).toEqual([colleague, 'You are invited to Daily Digest']);
  expect(mail?.text.replaceAll(/\s+/g, ' ')).toMatch(/boss@example\.org invites you .* role: Editor/);
  const path = pathIn(mail?.text);
  // Nobody signs in without a password, and the table holds no token.
  expect((await visitor(app.url).signIn(colleague, '')).status).toBe(401);
  const stored = JSON.stringify(await database.db.query('select * from account_links'));
  expect(stored).not.toContain(path.slice('/console/password/'.length));

  const weak = await chooseAt(path, { chosen: 'password123', again: 'password123' });
  expect(weak.page.headers.get('referrer-policy')).toBe('same-origin');
  expect([weak.answer.status, weak.answer.text.includes('most common passwords')]).toEqual([422, true]);
  expect((await weak.browser.post(path, { chosen, again: chosen, csrf: 'guessed' })).status).toBe(422);
  const { answer, browser } = await chooseAt(path);
  expect([answer.status, answer.location]).toEqual([303, '/console/sign-in?notice=password-chosen']);
  expect((await chooseAt(path)).answer.status).toBe(404);
  expect((await browser.signIn(colleague, chosen)).status).toBe(303);
  // An editor does not see the team.
  expect((await browser.get('/console/team')).status).toBe(403);
  expect((await browser.get('/console')).text).not.toContain('/console/team');
});

test('an address that has an account is not invited', async () => {
  await owner.get('/console/team');
  const again = await owner.post('/console/team', { email: colleague.toUpperCase(), role: 'viewer' });
  expect([again.status, again.text.includes('already has an account')]).toEqual([422, true]);
  expect(await mailed()).toEqual([]);
});

test('an invitation works for seven days, and a new one replaces it', async () => {
  const email = 'late@example.org';
  await owner.get('/console/team');
  await owner.post('/console/team', { email, role: 'viewer' });
  const first = pathIn((await mailed())[0]?.text);
  const id = await idOf(email);
  await owner.get(`/console/team/${id}`);
  expect((await owner.post(`/console/team/${id}/link`)).status).toBe(303);
  const second = pathIn((await mailed())[0]?.text);
  const stranger = visitor(app.url);
  expect((await stranger.get(first)).status).toBe(404);
  expect((await stranger.get(second)).status).toBe(200);
  ahead = 7.1 * 24 * 3_600_000;
  expect((await stranger.get(second)).status).toBe(404);
  ahead = 0;
});

test('a forgotten password: the same answer for every address, and a link for an hour', async () => {
  const someone = visitor(app.url);
  const ask = async (email: string) => {
    await someone.get('/console/forgotten');
    return someone.post('/console/forgotten', { email });
  };
  const [known, unknown] = [await ask(colleague), await ask('nobody@example.org')];
  expect([known.status, known.location, known.text]).toEqual([
    unknown.status,
    unknown.location,
    unknown.text,
  ]);
  expect(known.location).toBe('/console/forgotten?notice=link-asked');
  const mails = await mailed();
  expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[colleague, 'Choose a new password']]);

  const path = pathIn(mails[0]?.text);
  ahead = 61 * 60_000;
  expect((await someone.get(path)).status).toBe(404);
  ahead = 0;
  const signedIn = visitor(app.url);
  await signedIn.signIn(colleague, chosen);
  const better = 'an even better password';
  expect((await chooseAt(path, { chosen: better, again: better })).answer.status).toBe(303);
  expect((await signedIn.get('/console')).status).toBe(303);
  expect((await visitor(app.url).signIn(colleague, chosen)).status).toBe(401);
  expect((await visitor(app.url).signIn(colleague, better)).status).toBe(303);
  const subjects = (await mailed()).map(({ subject }) => subject);
  expect(subjects).toContain('Your password was changed');

  // Three links an hour: beyond that the answer stays the same, and no mail goes out.
  const answers = [await ask(colleague), await ask(colleague), await ask(colleague)];
  expect(answers.map(({ location }) => location)).toEqual(Array(3).fill(known.location));
  expect((await mailed()).filter(({ subject }) => subject === 'Choose a new password')).toHaveLength(2);
});

test('an owner changes a role and removes a colleague, but the last owner stays', async () => {
  const [self, other] = [await idOf(boss), await idOf(colleague)];
  await owner.get(`/console/team/${self}`);
  const last = await owner.post(`/console/team/${self}/role`, { role: 'viewer' });
  expect([last.status, last.text.includes('the last owner')]).toEqual([422, true]);
  expect((await owner.post(`/console/team/${self}/remove`)).status).toBe(409);

  expect((await owner.post(`/console/team/${other}/role`, { role: 'viewer' })).status).toBe(303);
  expect((await owner.get(`/console/team/${other}`)).text).toContain('<option value="viewer" selected>');
  expect((await owner.get(`/console/team/${other}/remove`)).text).toContain(`Remove ${colleague}?`);
  expect((await owner.post(`/console/team/${other}/remove`)).location).toBe(
    '/console/team?notice=account-removed',
  );
  expect((await owner.get(`/console/team/${other}`)).status).toBe(404);
});

test('every act is in the audit log', async () => {
  const log = await database.db.query<{ action: string }>('select distinct action from audit');
  expect(log.map(({ action }) => action)).toEqual(
    expect.arrayContaining(
      'invite join send-link ask-reset reset-password change-role delete'
        .split(' ')
        .map((act) => `account.${act}`),
    ),
  );
});
