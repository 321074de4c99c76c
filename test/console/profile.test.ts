// An account's own page: password, language, and the browsers in which it is signed in.
import { nameBrowser } from '../../src/accounts/browser.js';
import { passwordProblem } from '../../src/accounts/choose-password.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { startApp, type TestApp } from '../support/app.js';
import { mailAccounts } from '../support/account-mail.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { password, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const email = 'mia@example.org';
const agents = {
  laptop: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  phone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
};
let app: TestApp;
let laptop: Visitor;
let phone: Visitor;

async function signInWith(agent: string): Promise<Visitor> {
  const browser = visitor(app.url);
  await browser.get('/console/sign-in');
  const signedIn = await browser.post('/console/sign-in', { email, password }, { 'user-agent': agent });
  expect(signedIn.status).toBe(303);
  return browser;
}

beforeAll(async () => {
  // Without https, so that the cookies have their plain names.
  app = await startApp(database, { publicUrl: 'http://digest.example.org' });
  await createAccount(database, { email, password, role: 'viewer' });
  laptop = await signInWith(agents.laptop);
  phone = await signInWith(agents.phone);
});
closeAfterAll(() => app.close());

test('a sign-in from a second browser is told by mail, the very first is not', async () => {
  const mails = await mailAccounts(database.db, app.sink);
  expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[email, 'New sign-in to your account']]);
  expect(mails[0]?.text).toMatch(/Safari on iPhone signed in on/);
});

test('the page lists the browsers, and marks the one that asks', async () => {
  const { status, text, headers } = await laptop.get('/console/profile');
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  const rows = [...text.matchAll(/<bdi>([^<]* on [^<]*)<\/bdi>(.*?)<\/td>/g)].map(([, name, rest = '']) => [
    name,
    rest.includes('This browser'),
  ]);
  expect(rows).toEqual(
    expect.arrayContaining([
      ['Firefox on Linux', true],
      ['Safari on iPhone', false],
    ]),
  );
  expect(rows).toHaveLength(2);
});

test.each([
  [{ old: 'not the password' }, 'This is not your current password.'],
  [{ again: 'something else' }, 'The two new passwords differ.'],
  [{ chosen: 'short', again: 'short' }, 'at least 10 characters'],
  [{ chosen: 'Qwertyuiop', again: 'Qwertyuiop' }, 'one of the most common passwords'],
])('a change with %o is refused', async (fields, words) => {
  const chosen = 'a better password';
  await laptop.get('/console/profile');
  const page = await laptop.post('/console/profile/password', {
    old: password,
    chosen,
    again: chosen,
    ...fields,
  });
  expect(page.status).toBe(422);
  expect(page.text).toContain(words);
  expect(page.text).not.toContain('value="a better');
});

test('the language of the account is that of its pages and mails', async () => {
  await laptop.get('/console/profile');
  const { location } = await laptop.post('/console/profile/language', { language: 'ar' });
  expect(location).toBe('/console/profile?notice=language-saved');
  const page = await laptop.get('/console/profile');
  expect(page.text).toContain('<html lang="ar" dir="rtl">');
  expect(page.text).toMatch(/<h1>الملف الشخصي<\/h1>/);
  const other = await laptop.get('/console/subscribers');
  expect(other.text).not.toMatch(/<main [^>]*lang="en"/);
  expect(other.text).toContain('<h1>كل القراء</h1>');
  expect(other.text).toContain('تسجيل الخروج');
  await laptop.post('/console/profile/language', { language: 'de' });
});

test('a changed password ends the other sessions, and is told by mail', async () => {
  const chosen = 'a better password';
  await laptop.get('/console/profile');
  const changed = await laptop.post('/console/profile/password', { old: password, chosen, again: chosen });
  expect([changed.status, changed.location]).toEqual([303, '/console/profile?notice=password-changed']);
  expect((await phone.get('/console/profile')).location).toMatch(/sign-in/);
  expect((await laptop.get('/console/profile')).status).toBe(200);
  expect((await mailAccounts(database.db, app.sink)).map(({ subject }) => subject)).toEqual([
    'Ihr Passwort wurde geändert',
  ]);
  const again = visitor(app.url);
  expect((await again.signIn(email)).status).toBe(401);
  expect((await again.signIn(email, chosen)).status).toBe(303);

  await laptop.get('/console/profile');
  await laptop.post('/console/profile/sessions');
  expect((await again.get('/console/profile')).status).toBe(303);
  expect((await laptop.get('/console/profile')).status).toBe(200);
});

test('the acts are in the audit log, without a password', async () => {
  const log = await database.db.query<{ action: string; detail: unknown }>(
    'select action, detail from audit',
  );
  expect(log.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['account.change-password', 'account.choose-language', 'account.end-sessions']),
  );
  expect(JSON.stringify(log)).not.toMatch(/a better|correct horse/);
});

test.each([
  ['a better password', undefined],
  ['短い文でも長さがあれば', undefined],
  ['short', 'too-short'],
  ['x'.repeat(300), 'too-long'],
  ['aaaaaaaaaaaa', 'too-simple'],
  ['abababababab', 'too-simple'],
  ['mia.lund@example.org', 'too-simple'],
  ['Mia.Lund123', 'too-simple'],
  ['password123', 'common'],
  ['1Q2W3E4R5T6Y', 'common'],
])('the password %s: %s', (chosen, problem) => {
  expect(passwordProblem(chosen, 'mia.lund@example.org')).toBe(problem);
});

test.each([
  [agents.laptop, 'Firefox', 'Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge',
    'Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    'Chrome',
    'Android',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Safari',
    'macOS',
  ],
  ['<script>', undefined, undefined],
])('the names in %s', (agent, browser, system) => {
  expect(nameBrowser(agent)).toEqual({ browser, system });
});
