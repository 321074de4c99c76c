// The audit log is append-only and a chain of hashes: a change that gets past the triggers shows.
import { setTimeout as delay } from 'node:timers/promises';
import { forgetAudit } from '../../src/accounts/forget-audit.js';
import { recordAudit, recordAuditLot } from '../../src/accounts/audit.js';
import type { AuditAction } from '../../src/accounts/audit-actions.js';
import { verifyAudit } from '../../src/accounts/verify-audit.js';
import { readRetention } from '../../src/config/retention.js';
import { wrong } from '../../src/config/values.js';
import { rollBackWith, type Db } from '../../src/db.js';
import { day } from '../../src/durations.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/database.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders, secretKey } from '../support/newsroom.js';

const database = useDatabase();
const actor = { kind: 'cli', role: 'owner' } as const;
const record = (db: Db, action: AuditAction, daysAgo = 0, detail?: unknown) =>
  recordAudit(
    { db, now: () => new Date(Date.now() - daysAgo * day) },
    { actor, action, subject: 'post:7', detail },
  );

beforeAll(async () => {
  for (const daysAgo of [1200, 1150, 1120, 5, 4, 3])
    await record(database.db, 'post.change', daysAgo, { b: [1, null, 'ü"\\'], a: { c: true } });
});

/** Checks the log after `statement`, and undoes it. As an intruder who owns the tables: no trigger runs. */
function tampered(statement: string): Promise<unknown> {
  return database.db.transaction(async (tx) => {
    await tx.query('alter table audit disable trigger user');
    await tx.query('alter table audit_chain disable trigger user');
    await tx.query(statement);
    // The check reads in this transaction, whose isolation level cannot be set any more.
    const reads: Db = {
      ...tx,
      query: (text, ...values) =>
        text.startsWith('set transaction') ? Promise.resolve([]) : tx.query(text, ...values),
    };
    return rollBackWith(await verifyAudit({ ...tx, transaction: (work) => work(reads) }));
  });
}

test('the log as it was written is whole', async () => {
  expect(await verifyAudit(database.db)).toMatchObject({ ok: true, entries: 6, last: { id: '6' } });
});

test.each([
  [`update audit set action = 'nothing' where id = 3`, '3', 'changed'],
  [`update audit set actor = 'account:2' where id = 6`, '6', 'changed'],
  [`update audit set at = at + interval '1 microsecond' where id = 1`, '1', 'changed'],
  [`update audit set detail = '{}' where id = 2`, '2', 'changed'],
  [`update audit set subject = null where id = 2`, '2', 'changed'],
  ['delete from audit where id = 1', '1', 'missing'],
  ['delete from audit where id = 4', '4', 'missing'],
  ['delete from audit where id = 6', '6', 'missing'],
  ['delete from audit', '1', 'missing'],
  ['update audit_chain set last_id = 5', '7', 'missing'],
  [`update audit set action = 'x', hash = sha256('x') where id = 2`, '2', 'changed'],
  [
    `insert into audit select 7, at, actor, action, subject, detail, hash, hash from audit where id = 6`,
    '7',
    'changed',
  ],
])('%s shows', async (statement, id, problem) => {
  expect(await tampered(statement)).toEqual({ ok: false, id, problem });
});

test('a chain that was computed anew shows by the hash that was noted', async () => {
  const check = await verifyAudit(database.db);
  if (!check.ok) throw new Error(check.problem);
  expect(await verifyAudit(database.db, check.last)).toEqual(check);
  const other = { id: check.last.id, hash: 'ab'.repeat(32) };
  expect(await verifyAudit(database.db, other)).toEqual({ ok: false, id: '6', problem: 'other-hash' });
  const later = { id: '99', hash: check.last.hash };
  expect(await verifyAudit(database.db, later)).toMatchObject({ ok: false, problem: 'missing' });
});

test.each([
  'update audit set action = null',
  'delete from audit',
  'truncate audit',
  'truncate audit cascade',
  'delete from audit_chain',
  'truncate audit_chain',
])('%s is refused', async (statement) => {
  await expect(database.db.query(statement)).rejects.toThrow(/cannot be changed|append-only/);
});

test('consents cannot be deleted or truncated, and go with their reader', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db);
  await makeReaders(db, id, 2);
  await db.query(
    `insert into consents (subscription_id, event, via) select id, 'confirmed', 'page' from subscriptions`,
  );
  for (const statement of ['delete from consents', 'truncate consents', 'truncate subscribers cascade'])
    await expect(db.query(statement)).rejects.toThrow(/append-only/);
  await db.query('delete from subscribers where id = (select min(id) from subscribers)');
  expect(await db.query('select 1 as one from consents')).toHaveLength(1);
});

test('entries of many writers at once are one chain, also when some are rolled back', async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, number) =>
      database.db
        .transaction(async (tx) => {
          await record(tx, 'feed.change');
          await delay(number % 3);
          if (number % 4 === 0) throw new Error('rolled back');
        })
        .catch(() => undefined),
    ),
  );
  expect(await verifyAudit(database.db)).toMatchObject({ ok: true, entries: 15, last: { id: '15' } });
});

test('retention takes entries from the beginning alone, and the rest stays whole', async () => {
  const deps = { db: database.db, retention: readRetention(undefined, wrong), now: () => new Date() };
  expect(await forgetAudit(deps)).toBe(3);
  expect(await forgetAudit(deps)).toBe(0);
  expect(await verifyAudit(database.db)).toMatchObject({ ok: true, entries: 12 });
  // An old entry behind a young one waits for it.
  await record(database.db, 'feed.add', 1200);
  expect(await forgetAudit(deps)).toBe(0);
  expect(await tampered('delete from audit where id = 4')).toEqual({
    ok: false,
    id: '4',
    problem: 'missing',
  });
  expect(await database.db.one(`select forget_audit(now() + interval '1 year', 100) as forgotten`)).toEqual({
    forgotten: 0,
  });
});

test('`daily-digest audit verify` says so, and its exit status too', async () => {
  const folder = await temporaryFolder();
  const env = {
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    SECRET_KEY: secretKey,
    SMTP_URL: 'smtp://127.0.0.1:1',
  };
  const good = await run(['audit', 'verify'], env);
  expect(good.status).toBe(0);
  expect(good.stdout).toMatch(/is whole: 13 entries.* note 16:[0-9a-f]{64}/);
  const wrongHash = await run(['audit', 'verify', '--json', '--noted', `16:${'0'.repeat(64)}`], env);
  expect(wrongHash.status).toBe(1);
  expect(wrongHash.json).toEqual({ ok: false, id: '16', problem: 'other-hash' });
  expect((await run(['audit', 'verify', '--noted', 'x'], env)).status).toBe(2);
});

test('a lot of 20,000 entries is one statement, and each is part of the chain, in the order given', async () => {
  const { db } = database;
  const before = await verifyAudit(db);
  if (!before.ok) throw new Error(before.problem);
  const lot = Array.from({ length: 20_000 }, (_, number) => ({
    actor,
    action: 'subscriber.change' as const,
    subject: `subscriber:${number}`,
    detail: number % 2 === 0 ? undefined : { number },
  }));
  const started = performance.now();
  await db.transaction(async (tx) => {
    await record(tx, 'feed.change');
    await recordAuditLot({ db: tx, now: () => new Date() }, lot);
    await record(tx, 'feed.change');
  });
  // One statement for each entry took more than a minute.
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, entries: before.entries + 20_002 });
  const first = BigInt(before.last.id) + 2n;
  const misplaced = `select id from audit where id >= $1 and action = 'subscriber.change'
    and (subject <> 'subscriber:' || (id - $1) or (detail is null) <> ((id - $1) % 2 = 0))`;
  expect(await db.query(misplaced, [first])).toEqual([]);
  expect(await tampered(`delete from audit where id = ${first + 7_000n}`)).toEqual({
    ok: false,
    id: String(first + 7_000n),
    problem: 'missing',
  });
});

test('an entry behind the end of the chain stops the log, because it would become part of the chain', async () => {
  const forged = database.db.transaction(async (tx) => {
    await tx.query('alter table audit disable trigger user');
    await tx.query(
      `insert into audit select id + 1, at, actor, action, subject, detail, hash, hash from audit order by id desc limit 1`,
    );
    await tx.query('alter table audit enable trigger user');
    await record(tx, 'feed.change');
  });
  await expect(forged).rejects.toThrow(/behind its end/);
});
