// The second factor: an authenticator app, recovery codes, and the proof that dangerous acts want.
import { TOTP, Secret } from 'otpauth';
import { createAccount } from '../../src/accounts/create-account.js';
import { totpStep } from '../../src/accounts/totp.js';
import { startApp, type TestApp } from '../support/app.js';
import { mailAccounts } from '../support/account-mail.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { password, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const email = 'mia@example.org';
/** Milliseconds by which the clock of the console is ahead. It begins with a step of 30 seconds: no code expires in a test. */
let ahead = 30_000 - (Date.now() % 30_000);
const now = () => new Date(Date.now() + ahead);
let app: TestApp;
let mia: Visitor;
let secret = '';
let codes: string[] = [];

/** The code of the app, `steps` of 30 seconds from now. */
const codeIn = (steps: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now().getTime() + steps * 30_000 });

beforeAll(async () => {
  // Without https, so that the cookies have their plain names.
  app = await startApp(database, { publicUrl: 'http://digest.example.org', now });
  await createAccount(database, { email, password, role: 'owner' });
  await createAccount(database, { email: 'boss@example.org', password, role: 'owner' });
  await makeNewsletter(database.db, { name: 'Open' });
  mia = visitor(app.url);
  await mia.signIn(email);
});
closeAfterAll(() => app.close());

const factor = '/console/profile/second-factor';

test('the set-up shows a QR code, and is in force after the first code of the app', async () => {
  await mia.get(factor);
  expect((await mia.post(`${factor}/start`)).location).toBe(factor);
  const page = await mia.get(factor);
  expect(page.text).toMatch(/<svg class="qr" viewBox="0 0 \d+ \d+"/);
  secret = (/<code dir="ltr">([A-Z2-7 ]+)<\/code>/.exec(page.text)?.[1] ?? '').replaceAll(' ', '');
  expect(secret).toHaveLength(32);
  expect((await mia.post(`${factor}/confirm`, { code: '000000' })).status).toBe(422);
  expect((await visitor(app.url).signIn(email)).location).toBe('/console/newsletters/open');

  expect((await mia.post(`${factor}/confirm`, { code: codeIn(-1) })).location).toBe(
    `${factor}?notice=factor-on`,
  );
  codes = [...(await mia.get(factor)).text.matchAll(/<li><code>([a-z2-9-]{19})<\/code>/g)].map(
    ([, code = '']) => code,
  );
  expect(new Set(codes).size).toBe(10);
  await mia.post(`${factor}/done`);
  const later = (await mia.get(factor)).text;
  expect(later).toContain('You have 10 codes left.');
  expect(later).not.toContain(codes[0]);
  const subjects = (await mailAccounts(database.db, app.sink, now)).map(({ subject }) => subject);
  expect(subjects).toContain('Your second factor is on');
});

test('neither the secret nor a code is readable in the database', async () => {
  const rows = JSON.stringify(
    await database.db.query('select a.*, r.* from accounts a left join recovery_codes r on true'),
  );
  for (const one of [secret, ...codes, ...codes.map((code) => code.replaceAll('-', ''))]) {
    expect(rows).not.toContain(one);
    expect(rows).not.toContain(Buffer.from(one).toString('hex'));
  }
});

/** Signs in up to the page that asks for the code. */
async function halfWay(): Promise<Visitor> {
  const browser = visitor(app.url);
  const { status, location } = await browser.signIn(email);
  expect([status, location]).toEqual([303, '/console/sign-in/code?to=%2Fconsole']);
  await browser.get('/console/sign-in/code');
  return browser;
}

const giveCode = (browser: Visitor, code: string) => browser.post('/console/sign-in/code', { code });

test('a sign-in asks for a code, and a code is not accepted twice', async () => {
  const browser = await halfWay();
  // The password alone opens nothing.
  expect((await browser.get('/console')).location).toMatch(/^\/console\/sign-in/);
  await browser.get('/console/sign-in/code');
  expect((await giveCode(browser, '123456')).status).toBe(401);
  // The set-up used the code of the step before.
  expect((await giveCode(browser, codeIn(-1))).status).toBe(401);
  const code = codeIn(0);
  const before = browser.cookies.get('session');
  expect((await giveCode(browser, ` ${code.slice(0, 3)} ${code.slice(3)} `)).location).toBe(
    '/console/newsletters/open',
  );
  expect(browser.cookies.get('session')).not.toBe(before);
  expect((await browser.get('/console')).status).toBe(200);
  expect((await giveCode(await halfWay(), code)).status).toBe(401);
});

test('a recovery code works once', async () => {
  const [code = ''] = codes;
  expect((await giveCode(await halfWay(), code.toUpperCase().replaceAll('-', ' '))).location).toBe(
    '/console/newsletters/open',
  );
  expect((await giveCode(await halfWay(), code)).status).toBe(401);
});

test('the session that waits for a code ends after ten minutes', async () => {
  const browser = await halfWay();
  ahead += 11 * 60_000;
  expect((await browser.get('/console/sign-in/code')).location).toBe('/console/sign-in');
  expect((await giveCode(browser, codeIn(0))).location).toBe('/console/sign-in');
});

test('too many wrong codes are refused, the right one too', async () => {
  const browser = await halfWay();
  let last = 0;
  for (let guess = 0; guess <= 10; guess += 1) last = (await giveCode(browser, '000000')).status;
  expect(last).toBe(429);
  expect((await giveCode(browser, codeIn(0))).status).toBe(429);
  await database.db.change(`delete from rate_limits where key like 'code%'`);
});

test.each([
  ['GET', '/console/newsletters/open/delete', '/console/newsletters/open/delete'],
  ['POST', '/console/newsletters/open/delete', '/console/newsletters/open/delete'],
  ['GET', '/console/newsletters/open/readers.csv', '/console/newsletters/open/imports'],
  ['GET', '/console/subscribers/1/erase', '/console/subscribers/1/erase'],
  ['POST', '/console/team', '/console/team'],
  ['POST', '/console/integrations', '/console/integrations'],
  ['POST', '/console/team/2/role', '/console/team/2'],
  ['POST', '/console/team/2/second-factor', '/console/team/2'],
  ['POST', `${factor}/off`, factor],
])('%s %s wants a recent proof', async (method, path, to) => {
  // The clock went on by eleven minutes since mia signed in.
  await mia.get('/console/team');
  const { status, location } =
    method === 'GET' ? await mia.get(path) : await mia.post(path, { name: 'Open', role: 'viewer' });
  expect([status, location]).toEqual([303, `/console/prove?to=${encodeURIComponent(to)}`]);
});

test('the code proves it, for ten minutes', async () => {
  const page = await mia.get('/console/prove?to=%2Fconsole%2Fteam%2F2');
  expect(page.text).toContain('name="to" value="/console/team/2"');
  expect((await mia.get('/console/prove?to=https%3A%2F%2Fevil.example')).text).not.toContain('evil');
  expect((await mia.post('/console/prove', { proof: password, to: '/console/team/2' })).status).toBe(422);
  const proved = await mia.post('/console/prove', { proof: codeIn(1), to: '/console/team/2' });
  expect([proved.status, proved.location]).toEqual([303, '/console/team/2']);
  expect((await mia.get('/console/newsletters/open/delete')).status).toBe(200);
  ahead += 11 * 60_000;
  expect((await mia.get('/console/newsletters/open/delete')).status).toBe(303);
});

test('an owner removes the second factor of a colleague, who is told', async () => {
  const boss = visitor(app.url);
  await boss.signIn('boss@example.org');
  const { id } = await database.db.one<{ id: string }>('select id from accounts where email = $1', [email]);
  expect((await boss.get(`/console/team/${id}`)).text).toContain('Remove the second factor');
  expect((await boss.post(`/console/team/${id}/second-factor`)).status).toBe(303);
  expect((await visitor(app.url).signIn(email)).location).toBe('/console/newsletters/open');
  const subjects = (await mailAccounts(database.db, app.sink, now)).map(({ subject }) => subject);
  expect(subjects).toContain('Your second factor is off');
  const log = await database.db.query<{ action: string; actor: string }>(
    `select action, actor from audit where action like 'account.second-factor%' order by id`,
  );
  expect(log).toEqual([
    { action: 'account.second-factor-on', actor: `account:${id}` },
    { action: 'account.second-factor-off', actor: expect.not.stringContaining(`account:${id}`) as unknown },
  ]);
});

// RFC 6238 appendix B: the last six digits of its codes for SHA-1, with the secret "12345678901234567890".
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
])('RFC 6238: at %i seconds the code is %s', (seconds, code) => {
  const rfc = Secret.fromLatin1('12345678901234567890').base32;
  const step = Math.floor(seconds / 30);
  expect(totpStep(rfc, code, new Date(seconds * 1000))).toBe(step);
  expect(totpStep(rfc, code, new Date((seconds + 30) * 1000))).toBe(step);
  expect(totpStep(rfc, code, new Date((seconds + 90) * 1000))).toBeUndefined();
});
