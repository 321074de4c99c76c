import { createAccount } from '../../src/accounts/create-account.js';
import { forgetSessions } from '../../src/accounts/forget-sessions.js';
import { signInLimits } from '../../src/accounts/limits.js';
import { may } from '../../src/accounts/permission.js';
import { idleMs, readSession, sessionMs, signIn, signOut } from '../../src/accounts/sign-in.js';
import { useDatabase } from '../support/fixture.js';

const database = useDatabase();
let at = Date.now();
const now = () => new Date(at);
const email = 'Owner@example.org';
const password = 'correct horse battery';

beforeAll(async () => {
  await createAccount(database, { email, password, role: 'owner' });
});

const attempt = (given: string, { as = email, caller = '192.0.2.1' } = {}) =>
  signIn({ db: database.db, now, ...signInLimits(database.db) }, { email: as, password: given, caller });

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
    expect(JSON.stringify(await database.db.query('select * from sessions'))).not.toContain(token);
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

  test('guesses are limited by caller, and lock nobody out who comes from elsewhere', async () => {
    const caller = '192.0.2.66';
    for (let guess = 0; guess < 6; guess += 1) await attempt('a wrong guess', { caller });
    // Even the right one, from there.
    expect(await attempt(password, { caller })).toEqual({
      ok: false,
      code: 'too-many',
      retryAfter: expect.any(Number),
    });
    expect(await attempt(password, { caller: '192.0.2.67' })).toMatchObject({ ok: true });
    const rows = await database.db.query('select key from rate_limits');
    expect(JSON.stringify(rows)).not.toContain('example.org');
  });

  test('a success forgets the slips before it', async () => {
    const caller = '192.0.2.68';
    for (let round = 0; round < 2; round += 1) {
      for (let slip = 0; slip < 4; slip += 1) await attempt('a slip', { caller });
      expect(await attempt(password, { caller })).toMatchObject({ ok: true });
    }
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
