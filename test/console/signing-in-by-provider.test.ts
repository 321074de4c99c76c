// Signing in through a provider of OpenID Connect (oidc-provider), and proving through it who acts.
import { createInvitedAccount, findAccount } from '../../src/accounts/manage-accounts.js';
import { freePort } from '../../src/embedded/ports.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { startOidcProvider, type RunningProvider } from '../support/oidc-provider.js';
import { makeAccount, password, visitor, type Page, type Visitor } from './browser-session.js';

const database = useDatabase();
let app: TestApp;
let provider: RunningProvider;
let now: Date;
const begin = '/console/sign-in/provider';
const team = '/console/team';

beforeAll(async () => {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  provider = await startOidcProvider(publicUrl);
  app = await startApp(database, {
    port,
    publicUrl,
    settings: { oidc: provider.oidc },
    now: () => now,
  });
  await makeAccount(database.db, 'owner');
  await makeAccount(database.db, 'editor');
});
closeAfterAll(async () => {
  await app.close();
  await provider.close();
});
beforeEach(() => {
  now = new Date();
  provider.forget();
  provider.isDown = false;
  provider.person = { subject: 'owner-1', email: 'Owner@example.org', isVerified: true };
});

/** The address with which the provider sends this browser back. */
async function returning(browser: Visitor, from = begin): Promise<string> {
  const begun = await browser.get(from);
  expect(begun.status).toBe(303);
  const back = new URL(await provider.visit(begun.location ?? ''));
  expect(back.origin).toBe(app.url);
  return `${back.pathname}${back.search}`;
}

/** Signs in through the provider, up to the page that says what came of it. */
async function enter(browser: Visitor, from = begin): Promise<Page> {
  const landed = await browser.get(await returning(browser, from));
  expect(landed.status).toBe(303);
  return landed.location?.includes('problem=') ? browser.get(landed.location) : landed;
}

const failures = async (): Promise<{ subject: string | null; detail: { caller?: string } }[]> =>
  database.db.query(
    `select subject, detail from audit where action = 'account.sign-in-failed' order by id desc`,
  );

test('the sign-in page names the provider, and only if there is one', async () => {
  const { text } = await visitor(app.url).get('/console/sign-in?to=/console/team');
  expect(text).toContain(`Sign in with ${new URL(provider.oidc.issuer).host}`);
  expect(text).toContain('href="/console/sign-in/provider?to=/console/team"');
  const without = await startApp(database);
  try {
    expect((await visitor(without.url).get('/console/sign-in')).text).not.toContain(begin);
    // Signed out, an address that does not exist leads to the form.
    expect((await visitor(without.url).get(begin)).location).toMatch(/^\/console\/sign-in\?/);
  } finally {
    await without.close();
  }
});

test('the request has a state, a nonce and a PKCE hash, and asks for the address only', async () => {
  const { location } = await visitor(app.url).get(begin);
  const { searchParams } = new URL(location ?? '');
  expect(Object.fromEntries(searchParams)).toMatchObject({
    response_type: 'code',
    scope: 'openid email',
    code_challenge_method: 'S256',
    redirect_uri: `${app.url}/console/sign-in/provider/return`,
  });
  for (const name of ['state', 'nonce', 'code_challenge'])
    expect(searchParams.get(name)?.length).toBeGreaterThan(30);
});

test('the first sign-in finds the account by its verified address, and keeps its role', async () => {
  const browser = visitor(app.url);
  const entered = await enter(browser, `${begin}?to=${team}`);
  expect(entered.location).toBe(team);
  expect((await browser.get(team)).status).toBe(200);
  const owner = await findAccount(database.db, 'owner@example.org');
  expect(owner).toMatchObject({ role: 'owner', hasJoined: true, hasPassword: true });
  const acts = await database.db.query<{ action: string }>(
    `select action from audit where actor = 'account:' || $1 order by id`,
    [owner?.id],
  );
  expect(acts.map(({ action }) => action)).toEqual(['account.link-identity', 'account.sign-in']);
});

test('afterwards the person is known by issuer and subject, whatever their address is', async () => {
  provider.person = { subject: 'owner-1', email: 'new-name@example.org', isVerified: false };
  const browser = visitor(app.url);
  expect((await enter(browser)).location).toBe('/console');
  expect((await browser.get('/console')).text).toContain('owner@example.org');
});

test('another person who has got the address is refused', async () => {
  provider.person = { subject: 'owner-2', email: 'owner@example.org', isVerified: true };
  const browser = visitor(app.url);
  const refused = await enter(browser);
  expect(refused.status).toBe(401);
  expect(refused.text).toContain('belongs to another person');
  expect((await browser.get(team)).location).toMatch(/sign-in/);
  const owner = await findAccount(database.db, 'owner@example.org');
  expect((await failures())[0]).toEqual({
    subject: `account:${owner?.id}`,
    detail: { caller: 'this machine' },
  });
});

test.each([
  ['an unknown address', { email: 'stranger@example.org', isVerified: true }, 'There is no account here'],
  [
    'an address that is not verified',
    { email: 'editor@example.org', isVerified: false },
    'has not confirmed',
  ],
])('%s makes no account and signs nobody in', async (_, about, words) => {
  provider.person = { subject: `of ${about.email}`, ...about };
  const before = await failures();
  const browser = visitor(app.url);
  const refused = await enter(browser);
  expect(refused.status).toBe(401);
  expect(refused.text).toContain(words);
  expect(browser.cookies.has('session')).toBe(false);
  expect(await failures()).toHaveLength(before.length + 1);
  const accounts = await database.db.query('select 1 from accounts');
  expect(accounts).toHaveLength(2);
  const identities = await database.db.query('select 1 from account_identities');
  expect(identities).toHaveLength(1);
});

test('an invited account may sign in without ever choosing a password, with its role', async () => {
  await createInvitedAccount(database.db, {
    email: 'viewer@example.org',
    role: 'viewer',
    language: 'en',
    newsletterIds: null,
  });
  provider.person = { subject: 'viewer-1', email: 'viewer@example.org', isVerified: true };
  const browser = visitor(app.url);
  await enter(browser);
  expect((await browser.get(team)).text).toContain('Your role is Viewer');
  expect(await findAccount(database.db, 'viewer@example.org')).toMatchObject({
    role: 'viewer',
    hasJoined: true,
    hasPassword: false,
  });
});

test('a wrong state, a lost cookie and another browser sign nobody in', async () => {
  const browser = visitor(app.url);
  const wrong = (await returning(browser)).replace(/state=[^&]*/, 'state=of-somebody-else');
  expect((await browser.get(wrong)).location).toMatch(/problem=refused/);
  const right = await returning(browser);
  expect((await visitor(app.url).get(right)).location).toMatch(/problem=expired/);
  browser.cookies.set('provider', 'AQ-of-nobody');
  expect((await browser.get(right)).location).toMatch(/problem=expired/);
  expect(browser.cookies.has('session')).toBe(false);
});

test('an address of the return works once, also for its own browser', async () => {
  const browser = visitor(app.url);
  const address = await returning(browser);
  const cookie = browser.cookies.get('provider') ?? '';
  expect((await browser.get(address)).location).toBe('/console');
  expect((await browser.get(address)).location).toMatch(/problem=expired/);
  // A thief of the cookie too gets nothing for the code, which the provider gives out once.
  const thief = visitor(app.url);
  thief.cookies.set('provider', cookie);
  expect((await thief.get(address)).location).toMatch(/problem=refused/);
  expect(thief.cookies.has('session')).toBe(false);
});

test('a return after more than ten minutes is too late', async () => {
  const browser = visitor(app.url);
  const address = await returning(browser);
  now = new Date(now.getTime() + 11 * 60_000);
  const late = await browser.get(address);
  expect((await browser.get(late.location ?? '')).text).toContain('took too long');
});

test('a person who refuses at the provider is told so', async () => {
  provider.person = undefined;
  expect((await enter(visitor(app.url))).text).toContain('it was cancelled there');
});

test('a provider that is down stops neither the start nor the password, and is asked again', async () => {
  const port = await freePort();
  provider.isDown = true;
  const other = await startApp(database, { port, settings: { oidc: provider.oidc } });
  try {
    const browser = visitor(other.url);
    const begun = await browser.get(begin);
    const page = await browser.get(begun.location ?? '');
    expect(page.status).toBe(502);
    expect(page.text).toContain('does not answer');
    expect((await browser.signIn('owner@example.org')).location).toBe('/console');
    provider.isDown = false;
    expect((await browser.get(begin)).location).toMatch(new RegExp(`^${provider.oidc.issuer}/`));
  } finally {
    await other.close();
  }
});

test.each([
  'https://evil.example/',
  '//evil.example',
  '/console/../evil',
  '/\\evil.example',
  'javascript:alert(1)',
])('the sign-in does not lead to %s', async (to) => {
  const browser = visitor(app.url);
  expect((await enter(browser, `${begin}?to=${encodeURIComponent(to)}`)).location).toBe('/console');
});

describe('dangerous acts', () => {
  const prove = '/console/prove/provider';

  async function signedIn(person: RunningProvider['person']): Promise<Visitor> {
    provider.person = person;
    const browser = visitor(app.url);
    await enter(browser);
    return browser;
  }
  const owner = { subject: 'owner-1', email: 'owner@example.org', isVerified: true };

  /** Opens the page that asks whether to remove a colleague. */
  const act = async (browser: Visitor): Promise<Page> =>
    browser.get(`${team}/${(await findAccount(database.db, 'editor@example.org'))?.id}/remove`);

  test('want a proof after a sign-in that asked nothing; the provider or the password gives it', async () => {
    const browser = await signedIn(owner);
    expect((await act(browser)).location).toMatch(/^\/console\/prove/);
    const page = await browser.get('/console/prove?to=/console/team');
    expect(page.text).toContain('Confirm with 127.0.0.1');
    expect(page.text).toContain('type="password"');
    const begun = await browser.get(`${prove}?to=/console/team`);
    expect(new URL(begun.location ?? '').searchParams.get('prompt')).toBe('login');
    const back = new URL(await provider.visit(begun.location ?? ''));
    expect((await browser.get(`${back.pathname}${back.search}`)).location).toBe('/console/team');
    expect((await act(browser)).text).toContain('Remove editor@example.org?');
  });

  test('are not proved by another person', async () => {
    const browser = await signedIn(owner);
    const begun = await browser.get(prove);
    provider.forget();
    provider.person = { subject: 'viewer-1', email: 'viewer@example.org', isVerified: true };
    const back = new URL(await provider.visit(begun.location ?? ''));
    const refused = await browser.get(`${back.pathname}${back.search}`);
    expect((await browser.get(refused.location ?? '')).text).toContain('confirmed another person');
    expect((await act(browser)).location).toMatch(/^\/console\/prove/);
  });

  test('an account without a password has the provider only', async () => {
    const browser = await signedIn({ subject: 'viewer-1', email: 'viewer@example.org', isVerified: true });
    const page = await browser.get('/console/prove');
    expect(page.text).toContain('Confirm with 127.0.0.1');
    expect(page.text).not.toContain('type="password"');
  });

  test('an account that has never come through the provider is not offered it', async () => {
    const browser = visitor(app.url);
    await browser.signIn('editor@example.org', password);
    expect((await browser.get('/console/prove')).text).not.toContain('Confirm with');
  });
});
