// Signing in to the console and out again.
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeAccount, visitor } from './browser-session.js';

const database = useDatabase();
let app: TestApp;
let owner: string;

beforeAll(async () => {
  // Without https, so that the cookies have their plain names.
  app = await startApp(database, { publicUrl: 'http://digest.example.org' });
  owner = await makeAccount(database.db, 'owner');
});
closeAfterAll(() => app.close());

test('nobody sees anything before signing in, and comes back to where they were', async () => {
  const someone = visitor(app.url);
  for (const path of ['/console', '/console/newsletters/x', '/console/issues/1/events']) {
    const { status, location } = await someone.get(path);
    expect([status, location]).toEqual([303, `/console/sign-in?to=${encodeURIComponent(path)}`]);
  }
  await someone.get('/console/sign-in?to=%2Fconsole%2Fissues%2F1');
  const back = await someone.post('/console/sign-in', {
    email: owner,
    password: 'correct horse battery',
    to: '/console/issues/1',
  });
  expect([back.status, back.location]).toEqual([303, '/console/issues/1']);
});

test.each([
  'https://evil.example/',
  '//evil.example',
  '/console//evil.example/../..',
  '/api/v1',
  'javascript:alert(1)',
])('the way back leads into the console only: not to %s', async (to) => {
  const someone = visitor(app.url);
  const page = await someone.get(`/console/sign-in?to=${encodeURIComponent(to)}`);
  expect(page.text).not.toContain('evil');
  const { location } = await someone.post('/console/sign-in', {
    email: owner,
    password: 'correct horse battery',
    to,
  });
  expect(location).toMatch(/^\/console(\/|$)/);
  expect(location).not.toMatch(/^\/console\/\/|\.\./);
});

test('a session: the cookie, the page, and its end', async () => {
  const someone = visitor(app.url);
  const signedIn = await someone.signIn(owner.toUpperCase());
  expect(signedIn.location).toBe('/console');
  const cookie = signedIn.headers.getSetCookie().find((set) => set.startsWith('session=')) ?? '';
  expect(cookie).toMatch(/; Path=\/;.*HttpOnly; SameSite=Lax/);
  const overview = await someone.get('/console');
  expect(overview.status).toBe(200);
  expect(overview.headers.get('cache-control')).toBe('no-store');
  expect(overview.text).toContain(owner);
  const token = someone.cookies.get('session') ?? '';

  expect((await someone.post('/console/sign-out')).location).toBe('/console/sign-in?notice=signed-out');
  someone.cookies.set('session', token);
  expect((await someone.get('/console')).status).toBe(303);
});

test('over https the cookies are __Host- cookies, that no other host can set', async () => {
  const secure = await startApp(database);
  try {
    const someone = visitor(secure.url);
    const page = await someone.get('/console/sign-in');
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sign-in=[\w-]{22}; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ]);
    const signedIn = await someone.signIn(owner);
    expect(signedIn.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-session=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
  } finally {
    await secure.close();
  }
});

test('a wrong password says no more than that', async () => {
  const someone = visitor(app.url);
  const wrong = await someone.signIn(owner, 'not the password');
  const unknown = await someone.signIn('nobody@example.org', 'not the password');
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  const words = (text: string) => text.replaceAll(/value="[^"]*"/g, '');
  expect(words(wrong.text)).toBe(words(unknown.text));
});

test('another site cannot sign somebody in or out', async () => {
  const someone = visitor(app.url);
  await someone.get('/console/sign-in');
  const fields = { email: owner, password: 'correct horse battery' };
  const elsewhere = { origin: 'https://evil.example' };
  expect((await someone.post('/console/sign-in', fields, elsewhere)).status).toBe(403);
  expect((await someone.post('/console/sign-in', fields, { origin: 'null' })).status).toBe(403);
  expect((await someone.post('/console/sign-in', { ...fields, csrf: 'guessed' })).status).toBe(403);
  await someone.signIn(owner);
  await someone.get('/console');
  expect((await someone.post('/console/sign-out', {}, elsewhere)).status).toBe(403);
  expect((await someone.post('/console/sign-out', { csrf: '' })).status).toBe(403);
  expect((await someone.get('/console')).status).toBe(200);
});

test('too many tries are told to wait', async () => {
  const someone = visitor(app.url);
  let page = await someone.signIn('guess@example.org', 'guess number 0');
  for (let guess = 1; guess <= 6; guess += 1)
    page = await someone.signIn('guess@example.org', `guess number ${guess}`);
  expect(page.status).toBe(429);
  expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(page.text).toMatch(/Too many attempts/);
});
