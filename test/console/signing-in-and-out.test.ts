// Signing in to the console and out again.
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { limits } from '../support/site.js';
import { makeAccount, password, visitor } from './browser-session.js';

// The same file that browsers load.
const { solve } = (await import(new URL('../../../templates/pages/solve.js', import.meta.url).href)) as {
  solve: (challenge: unknown) => Promise<string>;
};

const database = useDatabase();
let app: TestApp;
let owner: string;

beforeAll(async () => {
  // Without https, so that the cookies have their plain names.
  app = await startApp(database, {
    publicUrl: 'http://digest.example.org',
    settings: { subscribeLimits: limits({ challengeWork: 200 }) },
  });
  owner = await makeAccount(database.db, 'owner');
});
closeAfterAll(() => app.close());

test('every page needs a sign-in, and the reader then returns to that page', async () => {
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
  expect(page.text).toContain('name="to" value="/console"');
  expect(page.text).not.toContain('evil');
  const { location } = await someone.post('/console/sign-in', {
    email: owner,
    password: 'correct horse battery',
    to,
  });
  expect(location).toMatch(/^\/console(\/|$)/);
  expect(location).not.toMatch(/^\/console\/\/|\.\./);
});

test('the first page is the home of the only newsletter, or the list of several', async () => {
  const email = await makeAccount(database.db, 'editor');
  const enter = async () => (await visitor(app.url).signIn(email)).location;
  expect(await enter()).toBe('/console');
  const only = await makeNewsletter(database.db, { name: 'Only', slug: 'only' });
  expect(await enter()).toBe('/console/newsletters/only');
  await makeNewsletter(database.db, { name: 'Other', slug: 'other' });
  expect(await enter()).toBe('/console');
  await database.db.change(
    `with limited as (update accounts set all_newsletters = false where email = $1 returning id)
     insert into account_newsletters (account_id, newsletter_id) select id, $2 from limited`,
    [email, only.id],
  );
  expect(await enter()).toBe('/console/newsletters/only');
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
        /^__Host-known-browser=[\w.-]+; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Strict$/,
      ),
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

test('another site cannot sign an account in or out', async () => {
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

test('after too many tries, the browser computes a proof: no account is locked', async () => {
  const strangers = visitor(app.url);
  let page = await strangers.signIn(owner, 'guess number 0');
  for (let guess = 1; guess <= 6; guess += 1) page = await strangers.signIn(owner, `guess number ${guess}`);
  expect(page.status).toBe(429);
  expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(page.text).toMatch(/Too many attempts/);
  const [, path = ''] = /data-challenge="([^"]+)"/.exec(page.text) ?? [];
  const answer = await fetch(app.url + path.replaceAll('&#x3D;', '='));
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const altcha = await solve(await answer.json());

  const someone = visitor(app.url);
  await someone.get('/console/sign-in');
  const fields = { email: owner, password };
  expect((await someone.post('/console/sign-in', fields)).status).toBe(429);
  expect((await someone.post('/console/sign-in', { ...fields, password: 'wrong', altcha })).status).toBe(401);
  // A proof works once.
  expect((await someone.post('/console/sign-in', { ...fields, altcha })).status).toBe(429);
  const second = await solve(await (await fetch(app.url + path.replaceAll('&#x3D;', '='))).json());
  expect((await someone.post('/console/sign-in', { ...fields, altcha: second })).status).toBe(303);
});

test('a browser in which the account has signed in needs no proof', async () => {
  const home = visitor(app.url);
  await home.signIn(owner);
  const cookie = [...home.cookies.keys()].find((name) => name.endsWith('known-browser'));
  expect(cookie).toBe('known-browser');
  await home.post('/console/sign-out');
  const strangers = visitor(app.url);
  for (let guess = 0; guess <= 6; guess += 1) await strangers.signIn(owner, `guess number ${guess}`);
  expect((await visitor(app.url).signIn(owner)).status).toBe(429);
  expect((await home.signIn(owner)).status).toBe(303);
});

test('signing in, failing to, and signing out are in the audit log', async () => {
  const actions = await database.db.query<{ action: string }>('select distinct action from audit order by 1');
  expect(actions.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['account.sign-in', 'account.sign-in-failed', 'account.sign-out']),
  );
});
