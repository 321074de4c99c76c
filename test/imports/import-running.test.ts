// An import from start to end: statuses, repeats, readers who left, dry runs, errors and speed.
import { addressHash } from '../../src/subscribers/address.js';
import { exportSubscribers } from '../../src/imports/export-subscribers.js';
import { enqueueUnsentConfirmations } from '../../src/joining/resume-confirmations.js';
import { useDatabase } from '../support/fixture.js';
import { rememberingQueue } from '../support/newsroom.js';
import { rowsOf, statuses, useImports } from './import-support.js';
import { secrets } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
const { theNewsletter, deps, take, count } = useImports(database);
const names = () =>
  database.db.query<{ name: string | null }>('select name from subscribers order by address_key');

test('keeps each row’s status, and reports its outcome', async () => {
  const done = await take(
    [
      '\ufeffemail,name,status',
      'ada@example.org,Ada,active',
      'Bob@Example.org,,',
      'carl@example.org,Carl,pending',
      'dora@example.org,"Dora, Dr.",unsubscribed',
      'emil@example.org,=1+1,suppressed',
      'nobody',
      'ADA@example.org,Again,active',
      'fred@example.org,Fred,expired',
    ].join('\r\n'),
    { basis: 'bought at the till', asksAll: true },
  );
  expect(done).toMatchObject({
    rows: 8,
    created: 6,
    updated: 0,
    skipped: 2,
    invalid: 1,
    outcomes: { created: 6, duplicate: 1, invalid: 1 },
    toConfirm: 1,
    statuses: { active: 2, pending: 1, unsubscribed: 1, suppressed: 1, expired: 1 },
    errors: [{ line: 7, reason: expect.any(String) as string }],
    mapping: [
      { column: 'email', field: 'email' },
      { column: 'name', field: 'name' },
      { column: 'status', field: 'status' },
    ],
    undo: null,
  });
  expect(await statuses(database.db, theNewsletter().id)).toEqual({
    'ada@example.org': 'active',
    'Bob@example.org': 'active',
    'carl@example.org': 'pending',
    'dora@example.org': 'unsubscribed',
    'emil@example.org': 'suppressed',
    'fred@example.org': 'expired',
  });
  expect(await names()).toEqual(['Ada', null, 'Carl', 'Dora, Dr.', '=1+1', 'Fred'].map((name) => ({ name })));
  expect(await rowsOf(database.db, done.id)).toEqual([
    [2, 'created', 'ada@example.org'],
    [3, 'created', 'Bob@example.org'],
    [4, 'created', 'carl@example.org'],
    [5, 'created', 'dora@example.org'],
    [6, 'created', 'emil@example.org'],
    [7, 'invalid', 'nobody'],
    [8, 'duplicate', 'ada@example.org'],
    [9, 'created', 'fred@example.org'],
  ]);
  const consents = await database.db.query(
    `select event, via, detail ->> 'basis' as basis from consents group by 1, 2, 3`,
  );
  expect(consents).toEqual([{ event: 'imported', via: 'import', basis: 'bought at the till' }]);
  // The sweep asks only pending readers to confirm.
  const asked = rememberingQueue();
  expect(await enqueueUnsentConfirmations({ ...deps(), enqueue: asked.enqueue })).toBe(1);
  // The import deletes the stored body.
  expect(await count('import_chunks')).toBe(0);
});

test('changes nothing the second time, and new names only', async () => {
  const body = 'email,name,status\nada@example.org,Ada,active\nbob@example.org,Bob,unsubscribed\n';
  expect(await take(body)).toMatchObject({ created: 2, updated: 0, skipped: 0 });
  expect(await take(body)).toMatchObject({ created: 0, updated: 0, skipped: 2, outcomes: { unchanged: 2 } });
  expect(await take('email,name\nada@example.org,Countess\n')).toMatchObject({ updated: 1 });
  expect(await take('email\nada@example.org\n')).toMatchObject({ skipped: 1 });
  expect((await names())[0]).toEqual({ name: 'Countess' });
});

test('does not bring back readers who left or are suppressed', async () => {
  await take('email,status\nleft@example.org,unsubscribed\n');
  const hash = addressHash(secrets.derive('address-hash'), 'erased@example.org');
  await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'erasure')`, [hash]);
  for (const status of ['active', 'pending', 'unsubscribed', 'bounced'])
    expect(await take(`email,status\nErased@example.org,${status}\n`)).toMatchObject({
      created: 0,
      updated: 0,
      outcomes: { 'suppressed-before': 1 },
    });
  for (const status of ['active', 'pending'])
    expect(await take(`email,name,status\nleft@example.org,New,${status}\n`)).toMatchObject({
      outcomes: { 'unsubscribed-before': 1 },
    });
  expect(await statuses(database.db, theNewsletter().id)).toEqual({ 'left@example.org': 'unsubscribed' });
  expect(await names()).toEqual([{ name: null }]);
  // The database still holds nothing but the hash of the erased address.
  expect(await count('subscribers')).toBe(1);
});

test('uses the row with less mail, in any order', async () => {
  for (const order of [
    ['active', 'unsubscribed'],
    ['unsubscribed', 'active'],
  ])
    // Both rows in one lot, then in two lots.
    for (const between of ['', 'x\n'.repeat(6000)]) {
      await database.db.change('delete from subscribers');
      const [first, second] = order.map((status) => `ada@example.org,${status}\n`);
      const done = await take(`email,status\n${first}${between}${second}`);
      expect(done.outcomes).toMatchObject({ created: 1, duplicate: 1 });
      expect(await statuses(database.db, theNewsletter().id)).toEqual({ 'ada@example.org': 'unsubscribed' });
    }
  await take('email,status\nbob@example.org,pending\n');
  expect(await take('email,status\nbob@example.org,active\n')).toMatchObject({ updated: 1 });
  expect(await take('email,status\nbob@example.org,pending\n')).toMatchObject({ skipped: 1 });
  expect(await take('email,status\nbob@example.org,suppressed\n')).toMatchObject({ updated: 1 });
  expect((await statuses(database.db, theNewsletter().id))['bob@example.org']).toBe('suppressed');
});

test('a reader who joined here after leaving there stays, and keeps their choices', async () => {
  await take('email,status\nada@example.org,pending\n');
  const token = Buffer.alloc(32, 1);
  await database.db.change(`update subscriptions set confirm_token_hash = $1, topics = '{Town}'`, [token]);
  await database.db.change(
    `with done as (update subscriptions set confirmed_at = now() returning id)
     insert into consents (subscription_id, event, at, via) select id, 'confirmed', now(), 'page' from done`,
  );
  const old = 'email,unsubscribed_at\nada@example.org,2020-01-01\n';
  expect(await take(old)).toMatchObject({ outcomes: { unchanged: 1 } });
  expect(await take('email,topics,send_time\nada@example.org,Sport,09:00\n')).toMatchObject({
    outcomes: { unchanged: 1 },
  });
  expect(await statuses(database.db, theNewsletter().id)).toEqual({ 'ada@example.org': 'active' });
  // A row without a time, or with a later time, counts as newer than the reader's own act.
  expect(await take('email,status\nada@example.org,unsubscribed\n')).toMatchObject({ updated: 1 });
});

test('starts active readers after the last issue', async () => {
  await database.db.change(
    `insert into issues (newsletter_id, kind, slot, review, seq_through, fanned_out_at, paused_at, paused_by)
     values ($1, 'scheduled', now(), 'auto', 12, now(), now(), 'admin')`,
    [theNewsletter().id],
  );
  await take('email,status\nada@example.org,active\nbob@example.org,pending\n');
  await take('email,status\nbob@example.org,active\n');
  expect(await database.db.query('select read_through from subscriptions')).toEqual([
    { readThrough: '12' },
    { readThrough: '12' },
  ]);
});

test('a dry run reports the outcome of each row, and changes nothing', async () => {
  await take('email,name\nada@example.org,Ada\n');
  await take('email,status\nleft@example.org,unsubscribed\n');
  const body = `email,name,status\nada@example.org,Countess,active\nbob@example.org,Bob,active\nx\nleft@example.org,,active\n${'bob@example.org,Bob,unsubscribed\n'.repeat(6000)}`;
  const before = await count('consents');
  const dry = await take(body, { dryRun: true });
  expect(await statuses(database.db, theNewsletter().id)).toEqual({
    'ada@example.org': 'active',
    'left@example.org': 'unsubscribed',
  });
  expect([await count('consents'), await count('subscribers')]).toEqual([before, 2]);
  expect((await rowsOf(database.db, dry.id)).slice(0, 4)).toEqual([
    [2, 'updated', 'ada@example.org'],
    [3, 'duplicate', 'bob@example.org'],
    [4, 'invalid', 'x'],
    [5, 'unsubscribed-before', 'left@example.org'],
  ]);
  const real = await take(body);
  const told = ({ rows, created, updated, skipped, outcomes, statuses: said }: typeof real) => ({
    rows,
    created,
    updated,
    skipped,
    outcomes,
    said,
  });
  expect(told(real)).toEqual(told(dry));
  expect(dry).toMatchObject({
    rows: 6004,
    outcomes: { created: 1, updated: 1, invalid: 1, 'unsubscribed-before': 1, duplicate: 6000 },
  });
});

test('shows the first thousand errors with the import, and all by line', async () => {
  const done = await take(`email\n${'nobody\n'.repeat(2500)}ada@example.org\n`);
  expect(done).toMatchObject({ rows: 2501, created: 1, skipped: 2500, invalid: 2500 });
  expect(done.errors).toHaveLength(1000);
  expect(await count(`import_rows where outcome = 'invalid'`)).toBe(2500);
});

// Takes about 5 s on two busy cores. The limit catches a cost that grows with the square of the rows.
test('imports tens of thousands of readers in seconds', async () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `reader${n}@example.org,Reader ${n},active`);
  const started = performance.now();
  expect(await take(`email,name,status\n${lines.join('\n')}`)).toMatchObject({
    created: 40_000,
    lines: 40_000,
  });
  expect(await take(`email,name,status\n${lines.join('\n')}`)).toMatchObject({
    outcomes: { unchanged: 40_000 },
  });
  let exportedLines = 0;
  for await (const piece of exportSubscribers(deps(), { newsletterId: theNewsletter().id }))
    exportedLines += piece.split('\r\n').length - 1;
  expect(exportedLines).toBe(40_001);
  expect((performance.now() - started) / 1000).toBeLessThan(100);
});
