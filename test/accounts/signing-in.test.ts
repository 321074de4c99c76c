import { Writable } from 'node:stream';
import { listAudit } from '../../src/accounts/audit.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { forgetSessions } from '../../src/accounts/forget-sessions.js';
import {
  knownBrowserMs,
  readKnownBrowser,
  signKnownBrowser,
  type KnownBrowser,
} from '../../src/accounts/known-browser.js';
import { signInLimits } from '../../src/accounts/limits.js';
import { may } from '../../src/accounts/permission.js';
import { idleMs, readSession, sessionMs, signIn, signOut } from '../../src/accounts/sign-in.js';
import { createLog } from '../../src/log.js';
import { oneKey } from '../../src/secrets.js';
import { useDatabase } from '../support/fixture.js';
import { quiet } from '../support/newsroom.js';

const database = useDatabase();
let at = Date.now();
const now = () => new Date(at);
const email = 'Owner@example.org';
const password = 'correct horse battery';

beforeAll(async () => {
  await createAccount(database, { email, password, role: 'owner' });
});

const limits = () => signInLimits(database.db);
interface Trial {
  as?: string;
  caller?: string;
  knownBrowser?: KnownBrowser;
  /** How hard a proof the attempt brings; 0: none. */
  proof?: number;
}
const attempt = (given: string, { as = email, caller = '192.0.2.1', knownBrowser, proof = 0 }: Trial = {}) =>
  signIn(
    { db: database.db, now, log: quiet, limits: limits() },
    {
      email: as,
      password: given,
      caller,
      knownBrowser,
      takeProof: (times) => Promise.resolve(proof >= times),
    },
  );

async function session(): Promise<string> {
  const result = await attempt(password, { caller: `198.51.100.${Math.floor(Math.random() * 250)}` });
  if (!result.ok) throw new Error(result.code);
  return result.token;
}

const deps = () => ({ db: database.db, now });

describe('signing in', () => {
  test('the password is stored as argon2id, the session as a hash', async () => {
    const token = await session();
    const [account] = await database.db.query<{ passwordHash: string }>('select password_hash from accounts');
    expect(account?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const sessions = await database.db.query('select * from sessions');
    expect(sessions).not.toEqual([]);
    expect(JSON.stringify(sessions)).not.toContain(token);
    expect(await readSession(deps(), token)).toMatchObject({ account: { email, role: 'owner' } });
  });

  test('a wrong password and an unknown e-mail get the same answer, in the same time', async () => {
    let callers = 0;
    const once = async (as: string) => {
      const started = performance.now();
      const caller = `203.0.113.${(callers += 1)}`;
      expect(await attempt('wrong password', { as, caller })).toEqual({ ok: false, code: 'wrong' });
      return performance.now() - started;
    };
    const quickest = async (as: string) => Math.min(await once(as), await once(as), await once(as));
    await once('warm@example.org');
    const known = await quickest(email);
    const unknown = await quickest('nobody@example.org');
    // Argon2id takes tens of milliseconds: without it the unknown would be several times as fast.
    expect(unknown).toBeGreaterThan(known / 4);
  });

  test('guesses at one account are limited, whatever networks they come from', async () => {
    const guess = (number: number) => attempt('a wrong guess', { caller: `203.0.113.${number + 100}` });
    // A success resets the count of the tests before.
    await attempt(password);
    for (let number = 0; number < 6; number += 1)
      expect(await guess(number)).toMatchObject({ code: 'wrong' });
    const refused = await guess(6);
    expect(refused).toEqual({ ok: false, code: 'proof-needed', times: 1, retryAfter: expect.any(Number) });
    // Attempts that nobody judged are no failures, so waiting does not get longer by them.
    for (let number = 7; number < 40; number += 1) expect(await guess(number)).toMatchObject({ times: 1 });
    const rows = await database.db.query('select key from rate_limits');
    expect(JSON.stringify(rows)).not.toContain('example.org');
  });

  test('nobody is locked out by that: not with a proof of work, and not in a browser that is known', async () => {
    const { id } = await database.db.one<{ id: string }>('select id::text as id from accounts');
    const known = { accountId: id, id: 'browser' };
    const other = { accountId: '999', id: 'another' };
    expect(await attempt(password)).toMatchObject({ code: 'proof-needed' });
    expect(await attempt(password, { knownBrowser: other })).toMatchObject({ code: 'proof-needed' });
    expect(await attempt(password, { knownBrowser: known })).toMatchObject({ ok: true });
    expect(await attempt(password, { proof: 1 })).toMatchObject({ ok: true });
    // That success has reset the count.
    expect(await attempt(password)).toMatchObject({ ok: true });
  });

  test('a known browser has a limit of its own', async () => {
    const { id } = await database.db.one<{ id: string }>('select id::text as id from accounts');
    const knownBrowser = { accountId: id, id: 'stolen' };
    for (let guess = 0; guess < 10; guess += 1)
      expect(await attempt('a wrong guess', { knownBrowser })).toMatchObject({ code: 'wrong' });
    for (let guess = 0; guess < 6; guess += 1) await attempt('a wrong guess', { knownBrowser });
    expect(await attempt('a wrong guess', { knownBrowser })).toMatchObject({ code: 'proof-needed' });
    expect(await attempt(password, { proof: 1 })).toMatchObject({ ok: true });
  });

  test('guesses at many accounts are limited by caller, and no one else is', async () => {
    const caller = '192.0.2.66';
    for (let guess = 0; guess < 30; guess += 1)
      await attempt('a wrong guess', { as: `guess${guess}@example.org`, caller });
    expect(await attempt(password, { caller })).toMatchObject({ code: 'proof-needed' });
    expect(await attempt(password, { caller, proof: 1 })).toMatchObject({ ok: true });
    expect(await attempt(password, { caller: '192.0.2.67' })).toMatchObject({ ok: true });
  });

  test('successes do not count: an office that shares an address signs in all day', async () => {
    for (let time = 0; time < 35; time += 1)
      expect(await attempt(password, { caller: '192.0.2.70' })).toMatchObject({ ok: true });
  });

  test('with more failures, a guess costs more work', async () => {
    const as = 'hard@example.org';
    const caller = '192.0.2.71';
    for (let guess = 0; guess < 26; guess += 1) await attempt('a guess', { as, caller, proof: 64 });
    expect(await attempt('a guess', { as, caller, proof: 1 })).toMatchObject({
      code: 'proof-needed',
      times: 4,
    });
  });

  test('a successful sign-in resets the count of wrong passwords', async () => {
    const caller = '192.0.2.68';
    for (let round = 0; round < 2; round += 1) {
      for (let slip = 0; slip < 4; slip += 1) await attempt('a slip', { caller });
      expect(await attempt(password, { caller })).toMatchObject({ ok: true });
    }
  });

  test('a failure is in the log and the audit log, by account and caller, without the address', async () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const log = createLog('info', 'test', destination);
    const { id } = await database.db.one<{ id: string }>('select id::text as id from accounts');
    await attempt(password);
    for (const as of [email, 'nobody@example.org'])
      await signIn(
        { db: database.db, now, log, limits: limits() },
        { email: as, password: 'wrong', caller: '192.0.2.99', takeProof: () => Promise.resolve(false) },
      );
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { account: id, caller: '192.0.2.99' },
      { account: 'unknown', caller: '192.0.2.99' },
    ]);
    const [unknown, known] = await listAudit(database.db, { limit: 2 });
    expect(known).toMatchObject({
      actor: 'anonymous',
      action: 'account.sign-in-failed',
      subject: `account:${id}`,
      detail: { caller: '192.0.2.99' },
    });
    expect(unknown).toMatchObject({ action: 'account.sign-in-failed', subject: null });
    expect(JSON.stringify([lines, known, unknown])).not.toContain('example.org');
  });
});

describe('the cookie of a known browser', () => {
  const key = oneKey(Buffer.alloc(32, 1));
  const made = new Date('2026-01-01T00:00:00Z');
  const cookie = signKnownBrowser(key, '7', made);

  test('names the account for half a year', () => {
    expect(readKnownBrowser(key, cookie, made)).toEqual({ accountId: '7', id: expect.any(String) });
    const later = new Date(made.getTime() + knownBrowserMs + 120_000);
    expect(readKnownBrowser(key, cookie, later)).toBeUndefined();
  });

  test('cannot be made or changed without the key', () => {
    for (const forged of [cookie.replace(/^7/, '8'), cookie.slice(0, -1), `${cookie}a`, '', '7.1.a.b'])
      expect(readKnownBrowser(key, forged, made)).toBeUndefined();
    expect(readKnownBrowser(oneKey(Buffer.alloc(32, 2)), cookie, made)).toBeUndefined();
  });
});

describe('a session', () => {
  test('ends when it is signed out', async () => {
    const token = await session();
    await signOut(database, token);
    expect(await readSession(deps(), token)).toBeUndefined();
  });

  test('ends after a day without use, and after two weeks of use', async () => {
    const start = at;
    const idle = await session();
    const used = await session();
    for (; at < start + sessionMs - idleMs; at += idleMs - 1000)
      expect(await readSession(deps(), used)).toBeDefined();
    expect(await readSession(deps(), idle)).toBeUndefined();
    at = start + sessionMs + 1000;
    expect(await readSession(deps(), used)).toBeUndefined();
    await forgetSessions(deps());
    expect(await database.db.query('select 1 as one from sessions')).toHaveLength(0);
    at = start;
  });

  test('ends with its account', async () => {
    const made = await createAccount(database, { email: 'gone@example.org', password, role: 'viewer' });
    const result = await attempt(password, { as: 'GONE@example.org', caller: '192.0.2.90' });
    const token = result.ok ? result.token : '';
    expect(await readSession(deps(), token)).toBeDefined();
    await database.db.query('delete from accounts where id = $1', [made.ok ? made.account.id : '0']);
    expect(await readSession(deps(), token)).toBeUndefined();
  });
});

test('who may do what', () => {
  const table = (['owner', 'editor', 'viewer'] as const).map((role) =>
    (['read', 'write', 'own'] as const).map((permission) => may(role, permission)),
  );
  expect(table).toEqual([
    [true, true, true],
    [true, true, false],
    [true, false, false],
  ]);
});
