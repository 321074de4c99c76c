// Passkeys (WebAuthn): adding and removing, signing in with one alone or after the password, and what is refused.
import { Secret, TOTP } from 'otpauth';
import { createAccount } from '../../src/accounts/create-account.js';
import { rpIdOf } from '../../src/accounts/passkeys/options.js';
import { startApp, type TestApp } from '../support/app.js';
import { mailAccounts } from '../support/account-mail.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { password, visitor, type Visitor } from './browser-session.js';
import { softwareAuthenticator, type Lies, type SoftwareAuthenticator } from './software-authenticator.js';

const database = useDatabase();
const email = 'mia@example.org';
const host = 'localhost';
const origin = `http://${host}:8080`;
const factor = '/console/profile/second-factor';
const home = '/console/newsletters/open';
let ahead = 0;
const now = () => new Date(Date.now() + ahead);
let app: TestApp;
let mia: Visitor;
let key: SoftwareAuthenticator;
let codes: string[] = [];

beforeAll(async () => {
  app = await startApp(database, { publicUrl: origin, now });
  for (const one of [email, 'leo@example.org'])
    await createAccount(database, { email: one, password, role: 'owner' });
  await makeNewsletter(database.db, { name: 'Open' });
  mia = visitor(app.url);
  await mia.signIn(email);
});
closeAfterAll(() => app.close());
// Each test has its own attempts.
afterEach(() => database.db.change(`delete from rate_limits`));

type Options = Parameters<SoftwareAuthenticator['use']>[0];

const optionsFor = async (browser: Visitor, path: string): Promise<Options> =>
  JSON.parse((await browser.get(path)).text) as Options;

async function add(
  browser: Visitor,
  authenticator: SoftwareAuthenticator,
  { name = 'My phone', ...lies }: Lies & { name?: string } = {},
) {
  await browser.get(factor);
  const passkey = authenticator.make(await optionsFor(browser, `${factor}/passkey`), lies);
  return browser.post(`${factor}/passkey`, { name, passkey });
}

/** A browser on the page that asks for the second factor. */
async function halfWay(of = email): Promise<Visitor> {
  const browser = visitor(app.url);
  expect((await browser.signIn(of)).location).toBe('/console/sign-in/code?to=%2Fconsole');
  await browser.get('/console/sign-in/code');
  return browser;
}

async function alone(): Promise<Visitor> {
  const browser = visitor(app.url);
  await browser.get('/console/sign-in');
  return browser;
}

/** Signs in at one of the two pages. */
async function enter(browser: Visitor, path: string, authenticator = key, lies: Lies = {}) {
  const passkey = authenticator.use(await optionsFor(browser, path), lies);
  return browser.post(path, { passkey });
}

const codePath = '/console/sign-in/code/passkey';
const alonePath = '/console/sign-in/passkey';

const subjects = async () => (await mailAccounts(database.db, app.sink, now)).map(({ subject }) => subject);
const lastActs = async (count: number) =>
  (await database.db.query<{ action: string }>('select action from audit order by id desc limit $1', [count]))
    .map(({ action }) => action)
    .toReversed();

test('the first passkey comes with recovery codes, and is told by mail', async () => {
  expect((await visitor(app.url).get('/console/sign-in')).text).not.toContain('passkey');
  key = softwareAuthenticator(origin);
  expect((await add(mia, key, { name: ' My\n phone <b>' })).location).toBe(`${factor}?notice=passkey-added`);
  codes = [...(await mia.get(factor)).text.matchAll(/<li><code>([a-z2-9-]{19})<\/code>/g)].map(
    ([, code = '']) => code,
  );
  expect(codes).toHaveLength(10);
  await mia.post(`${factor}/done`);
  const page = (await mia.get(factor)).text;
  expect(page).toContain('My phone &lt;b&gt;');
  expect(page).toContain('not used yet');
  expect(await subjects()).toEqual(['A passkey was added to your account']);
  expect(await lastActs(1)).toEqual(['account.add-passkey']);
  const { token } = await database.db.one<{ token: string }>(
    `select encode(public_key, 'hex') as token from passkeys where name = 'My phone <b>' and rp_id = $1`,
    [host],
  );
  expect(token).toMatch(/^a501/);
});

test('it takes the place of the code after the password, and signs in without a password', async () => {
  const second = await halfWay();
  const before = second.cookies.get('session');
  expect((await second.get('/console')).location).toMatch(/^\/console\/sign-in/);
  await second.get('/console/sign-in/code');
  expect((await enter(second, codePath)).location).toBe(home);
  expect(second.cookies.get('session')).not.toBe(before);
  expect((await second.get('/console')).status).toBe(200);

  const first = await alone();
  expect((await enter(first, alonePath)).location).toBe(home);
  expect((await first.get('/console')).status).toBe(200);
  expect((await mia.get(factor)).text).not.toContain('not used yet');
  expect(await lastActs(2)).toEqual(['account.sign-in', 'account.sign-in']);
  expect(await subjects()).toEqual(['New sign-in to your account', 'New sign-in to your account']);
});

test('a recovery code signs in where the passkey is lost, once', async () => {
  const [code = ''] = codes;
  expect((await (await halfWay()).post('/console/sign-in/code', { code })).location).toBe(home);
  expect((await (await halfWay()).post('/console/sign-in/code', { code })).status).toBe(401);
});

test.each<[string, Lies]>([
  ['of another origin', { origin: 'https://evil.example' }],
  ['of another port', { origin: `http://${host}:8081` }],
  ['for another host', { rpId: 'evil.example' }],
  ['without a verified person', { isVerified: false }],
  ['with a challenge of its own', { challenge: Buffer.alloc(54, 7).toString('base64url') }],
])('an answer %s is refused everywhere', async (_, lies) => {
  for (const [browser, path] of [
    [await halfWay(), codePath],
    [await alone(), alonePath],
  ] as const)
    expect((await enter(browser, path, key, lies)).status).toBe(401);
  expect(await lastActs(2)).toEqual(['account.sign-in-failed', 'account.sign-in-failed']);
  expect((await add(mia, softwareAuthenticator(origin), lies)).status).toBe(422);
});

test('an answer works once, for the browser that it was made for, and for five minutes', async () => {
  // Of another browser.
  const [one, other] = [await alone(), await alone()];
  const stolen = key.use(await optionsFor(one, alonePath));
  expect((await other.post(alonePath, { passkey: stolen })).status).toBe(401);
  const half = await halfWay();
  expect((await half.post(codePath, { passkey: stolen })).status).toBe(401);
  expect((await one.post(alonePath, { passkey: stolen })).location).toBe(home);

  // Replayed: the counter is in the answer, and an authenticator that does not count has 0 each time.
  expect((await one.post(alonePath, { passkey: stolen })).status).toBe(401);
  await database.db.change('update passkeys set counter = 0');
  const zero = key.use(await optionsFor(one, alonePath), { counter: 0 });
  expect((await one.post(alonePath, { passkey: zero })).location).toBe(home);
  expect((await one.post(alonePath, { passkey: zero })).status).toBe(401);

  const late = key.use(await optionsFor(one, alonePath));
  ahead += 5 * 60_000 + 1;
  expect((await one.post(alonePath, { passkey: late })).status).toBe(401);
});

test('a counter that goes back is refused, and in the audit log', async () => {
  expect((await enter(await alone(), alonePath, key, { counter: 90 })).location).toBe(home);
  for (const counter of [90, 89, 0]) {
    const { status, text } = await enter(await alone(), alonePath, key, { counter });
    expect([status, text]).toEqual([401, expect.stringContaining('its counter went back')]);
  }
  expect(await lastActs(2)).toEqual(['account.refuse-passkey', 'account.sign-in-failed']);
  await mia.get('/console/sign-in');
  await mia.signIn(email);
  await mia.get('/console/sign-in/code');
  expect((await enter(mia, codePath, key, { counter: 91 })).location).toBe(home);
  const log = (await mia.get('/console/audit')).text;
  expect(log).toContain('Someone used a passkey that may have been copied');
});

test('two answers with the same counter at once: one is accepted', async () => {
  const browsers = [await alone(), await alone()];
  const results = await Promise.all(
    browsers.map((browser) => enter(browser, alonePath, key, { counter: 95 })),
  );
  expect(results.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 401]);
});

test('a passkey of another account is refused after the password, and where a proof is wanted', async () => {
  const leo = visitor(app.url);
  await leo.signIn('leo@example.org');
  const his = softwareAuthenticator(origin);
  // The credential of a colleague cannot be taken over.
  expect((await add(leo, key, { counter: 96 })).status).toBe(422);
  expect((await add(leo, his)).status).toBe(303);
  expect((await enter(await halfWay(), codePath, his)).status).toBe(401);
  expect((await enter(await halfWay('leo@example.org'), codePath, his)).location).toBe(home);

  const proof = his.use(await optionsFor(mia, '/console/profile/passkey'));
  expect((await mia.post('/console/prove', { passkey: proof, to: '/console/team' })).status).toBe(422);
  await mia.get(factor);
  await mia.post(`${factor}/passkey/remove`, { id: his.id });
  expect((await enter(await alone(), alonePath, his)).location).toBe(home);
});

test('a passkey proves who acts, and an old proof of the session does not', async () => {
  ahead += 11 * 60_000;
  expect((await mia.get(factor)).location).toBe(`/console/prove?to=${encodeURIComponent(factor)}`);
  expect((await mia.post(`${factor}/passkey/remove`, { id: key.id })).location).toMatch(/^\/console\/prove/);
  const page = (await mia.get('/console/prove?to=%2Fconsole%2Fteam')).text;
  expect(page).toContain('data-passkey="/console/profile/passkey"');
  expect(page).toContain('Recovery code');
  expect((await mia.post('/console/prove', { proof: password, to: '/console/team' })).status).toBe(422);
  const passkey = key.use(await optionsFor(mia, '/console/profile/passkey'), { counter: 100 });
  const proved = await mia.post('/console/prove', { passkey, to: '/console/team' });
  expect([proved.status, proved.location]).toEqual([303, '/console/team']);
  expect((await mia.get(factor)).status).toBe(200);
});

test('attempts are limited by account and by caller', async () => {
  const browser = await halfWay();
  const last = async (path: string, from: Visitor, headers = {}) => {
    let status = 0;
    for (let attempt = 0; attempt <= 30 && status !== 429; attempt += 1)
      status = (await from.post(path, { passkey: key.use({ challenge: '' }) }, headers)).status;
    return status;
  };
  expect(await last(codePath, browser)).toBe(429);
  expect((await enter(browser, codePath, key, { counter: 200 })).status).toBe(429);
  await database.db.change('delete from rate_limits');
  const stranger = softwareAuthenticator(origin);
  const caller = { 'x-forwarded-for': '192.0.2.1' };
  const guess = async () =>
    (await (await alone()).post(alonePath, { passkey: stranger.use({ challenge: '' }) }, caller)).status;
  const statuses = [];
  for (let attempt = 0; attempt <= 30; attempt += 1) statuses.push(await guess());
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
});

test.each([
  ['nothing', ''],
  ['no credential', '{}'],
  ['null', 'null'],
  ['a list', '[1]'],
  ['only an id', '{"id":"x"}'],
  ['a long id', `{"id":"${'A'.repeat(4000)}"}`],
])('a field with %s is refused', async (_, passkey) => {
  expect((await (await alone()).post(alonePath, { passkey })).status).toBe(401);
  expect((await (await halfWay()).post(codePath, { passkey })).status).toBe(401);
  await mia.get(factor);
  expect((await mia.post(`${factor}/passkey`, { name: 'x', passkey })).status).toBe(422);
});

test('a form of another site signs nobody in', async () => {
  const browser = await alone();
  const passkey = key.use(await optionsFor(browser, alonePath), { counter: 300 });
  expect((await browser.post(alonePath, { passkey, csrf: 'x' })).status).toBe(403);
  expect((await browser.post(alonePath, { passkey }, { origin: 'https://evil.example' })).status).toBe(403);
  browser.cookies.clear();
  expect((await browser.post(alonePath, { passkey, csrf: '' })).status).toBe(403);
});

test('an app beside it keeps the recovery codes, and the person chooses', async () => {
  await mia.get(factor);
  await mia.post(`${factor}/start`);
  const [, secret = ''] = /<code dir="ltr">([A-Z2-7 ]+)<\/code>/.exec((await mia.get(factor)).text) ?? [];
  const authenticatorApp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) });
  const codeIn = (steps: number) =>
    authenticatorApp.generate({ timestamp: now().getTime() + steps * 30_000 });
  expect((await mia.post(`${factor}/confirm`, { code: codeIn(0) })).status).toBe(303);
  expect((await mia.get(factor)).text).toContain('You have 9 codes left.');
  const [byApp, byPasskey] = [await halfWay(), await halfWay()];
  expect((await byApp.post('/console/sign-in/code', { code: codeIn(1) })).location).toBe(home);
  expect((await enter(byPasskey, codePath, key, { counter: 350 })).location).toBe(home);
});

test('a removed passkey is refused, and turning off removes all', async () => {
  const second = softwareAuthenticator(origin);
  expect((await add(mia, second, { name: 'Key' })).status).toBe(303);
  expect((await mia.get(factor)).text).toContain('You have 9 codes left.');
  expect((await mia.post(`${factor}/passkey/remove`, { id: second.id })).location).toBe(
    `${factor}?notice=passkey-removed`,
  );
  expect((await enter(await alone(), alonePath, second)).status).toBe(401);
  expect(await lastActs(2)).toEqual(['account.remove-passkey', 'account.sign-in-failed']);
  await mia.get(factor);
  await mia.post(`${factor}/off`);
  expect((await enter(await alone(), alonePath, key, { counter: 400 })).status).toBe(401);
  expect((await visitor(app.url).signIn(email)).location).toBe(home);
  expect(await subjects()).toEqual(
    expect.arrayContaining(['A passkey was removed from your account', 'Your second factor is off']),
  );
});

test('with the last passkey the recovery codes go', async () => {
  const last = softwareAuthenticator(origin);
  await add(mia, last);
  expect((await mia.get(factor)).text).toContain('I have saved them');
  await mia.post(`${factor}/passkey/remove`, { id: last.id });
  const page = (await mia.get(factor)).text;
  expect(page).toContain('Off: your password alone opens your account.');
  expect(page).not.toContain('Recovery codes');
  expect(await lastActs(2)).toEqual(['account.remove-passkey', 'account.second-factor-off']);
  expect(await subjects()).toContain('Your second factor is off');
});

test('a colleague removes all passkeys, and a removed account takes its own along', async () => {
  const leo = visitor(app.url);
  await leo.signIn('leo@example.org');
  await add(mia, softwareAuthenticator(origin));
  const { id } = await database.db.one<{ id: string }>('select id from accounts where email = $1', [email]);
  const boss = await halfWay('leo@example.org');
  const code = 'none';
  expect((await boss.post('/console/sign-in/code', { code })).status).toBe(401);
  await createAccount(database, { email: 'boss@example.org', password, role: 'owner' });
  const owner = visitor(app.url);
  await owner.signIn('boss@example.org');
  expect((await owner.get(`/console/team/${id}`)).text).toContain('Remove the second factor');
  await owner.post(`/console/team/${id}/second-factor`);
  expect((await visitor(app.url).signIn(email)).location).toBe(home);
  const count = async () =>
    (await database.db.one<{ count: number }>('select count(*)::int as count from passkeys')).count;
  expect(await count()).toBe(1);
  await database.db.change(`delete from accounts where email = 'leo@example.org'`);
  expect(await count()).toBe(0);
});

test('a passkey for a former host still bars the password, and is shown as such', async () => {
  await mia.signIn(email);
  await add(mia, (key = softwareAuthenticator(origin)));
  codes = [...(await mia.get(factor)).text.matchAll(/<li><code>([a-z2-9-]{19})<\/code>/g)].map(
    ([, code = '']) => code,
  );
  await database.db.change(`update passkeys set rp_id = 'old.example.org'`);
  const browser = await halfWay();
  expect(await optionsFor(browser, codePath)).toMatchObject({ rpId: host, allowCredentials: [] });
  expect((await (await halfWay()).post('/console/sign-in/code', { code: codes[0] ?? '' })).location).toBe(
    home,
  );
  await mia.post(`${factor}/done`);
  expect((await mia.get(factor)).text).toContain('made for old.example.org: does not work here');
});

test.each([
  ['https://digest.example.org', 'digest.example.org'],
  ['https://digest.example.org:8443/news', 'digest.example.org'],
  ['http://localhost:3000', 'localhost'],
  ['http://digest.localhost:3000', 'digest.localhost'],
  ['http://digest.example.org', undefined],
  ['http://notlocalhost', undefined],
  ['https://192.0.2.7:3000', undefined],
  ['https://[::1]:3000', undefined],
])('browsers make passkeys of %s for %s', (baseUrl, rpId) => {
  expect(rpIdOf({ baseUrl })).toBe(rpId);
});

test('where browsers have no passkeys, the page says so, and none is added', async () => {
  const other = await startApp(database, { publicUrl: 'http://digest.example.org', now });
  try {
    await createAccount(database, { email: 'eve@example.org', password, role: 'viewer' });
    const browser = visitor(other.url);
    await browser.signIn('eve@example.org');
    const page = (await browser.get(factor)).text;
    expect(page).toContain('BASE_URL has https and a host name');
    expect(page).not.toContain('data-passkey');
    expect((await browser.get(`${factor}/passkey`)).text).toBe('{}');
    await browser.get(factor);
    const passkey = softwareAuthenticator(origin).make({ challenge: '', rp: { id: host } });
    expect((await browser.post(`${factor}/passkey`, { name: 'x', passkey })).status).toBe(422);
  } finally {
    await other.close();
  }
});
