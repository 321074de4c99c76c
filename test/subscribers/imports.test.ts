import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { exportSubscribers } from '../../src/subscribers/export-subscribers.js';
import { getImport } from '../../src/subscribers/get-import.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { enqueueUnsentConfirmations } from '../../src/subscribers/resume-confirmations.js';
import { enqueueUnfinishedImports } from '../../src/subscribers/resume-imports.js';
import { runImport } from '../../src/subscribers/run-import.js';
import { startImport } from '../../src/subscribers/start-import.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeNewsletter, rememberingQueue } from '../support/newsroom.js';
import { secrets } from './site.js';

let database: TestDatabase;
let newsletter: Newsletter;
const now = () => new Date();
const queue = rememberingQueue();

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
  newsletter = await makeNewsletter(database.db, { slug: `n${Math.random().toString(36).slice(2)}` });
});
afterAll(() => database.close());

const deps = () => ({ db: database.db, enqueue: queue.enqueue, secrets, now });

async function start(
  body: string | Buffer,
  options: { contentType?: string; basis?: string; dryRun?: boolean } = {},
) {
  const started = await startImport(deps(), {
    newsletterId: newsletter.id,
    body: Buffer.from(body as string),
    contentType: 'text/csv',
    ...options,
  });
  if (started.status !== 'accepted') throw new Error(started.status);
  return started.id;
}

async function imported(body: string | Buffer, options: Parameters<typeof start>[1] = {}) {
  const importId = await start(body, options);
  expect(await runImport(deps(), { importId })).toBe('finished');
  const record = await getImport(deps(), importId);
  if (!record) throw new Error('no import');
  const { rows, created, updated, skipped, invalid, errors } = record;
  expect(created + updated + skipped).toBe(rows);
  return { rows, created, updated, skipped, invalid, errors };
}

async function statuses(): Promise<Record<string, string | undefined>> {
  const { data } = await listSubscribers(deps(), { newsletter: newsletter.id, limit: 200 });
  return Object.fromEntries(data.map(({ email, subscriptions }) => [email, subscriptions[0]?.status]));
}

test('keeps each row’s status, and its counts add up', async () => {
  const result = await imported(
    [
      '\ufeffemail,name,status',
      'ada@example.org,Ada,active',
      'Bob@Example.org,,',
      'carl@example.org,Carl,pending',
      'dora@example.org,"Dora, Dr.",unsubscribed',
      'emil@example.org,=1+1,suppressed',
      'nobody',
      'ADA@example.org,Again,active',
    ].join('\r\n'),
    { basis: 'bought at the till' },
  );
  expect(result).toEqual({
    rows: 7,
    created: 5,
    updated: 0,
    skipped: 2,
    invalid: 1,
    errors: [{ line: 7, reason: expect.any(String) as string }],
  });
  expect(await statuses()).toEqual({
    'ada@example.org': 'active',
    'Bob@example.org': 'active',
    'carl@example.org': 'pending',
    'dora@example.org': 'unsubscribed',
    'emil@example.org': 'suppressed',
  });
  const names = await database.db.query('select name from subscribers order by address_key');
  expect(names).toEqual(['Ada', null, 'Carl', 'Dora, Dr.', '=1+1'].map((name) => ({ name })));
  const consents = await database.db.query(
    `select event, via, detail ->> 'basis' as basis from consents group by 1, 2, 3`,
  );
  expect(consents).toEqual([{ event: 'imported', via: 'import', basis: 'bought at the till' }]);
  // Only who is pending is asked to confirm.
  const asked = rememberingQueue();
  expect(await enqueueUnsentConfirmations({ ...deps(), enqueue: asked.enqueue })).toBe(1);
});

test('changes nothing the second time, and new names only', async () => {
  const body = 'email,name,status\nada@example.org,Ada,active\nbob@example.org,Bob,unsubscribed\n';
  expect(await imported(body)).toMatchObject({ created: 2, updated: 0, skipped: 0 });
  expect(await imported(body)).toMatchObject({ created: 0, updated: 0, skipped: 2 });
  expect(await imported('email,name\nada@example.org,Countess\n')).toMatchObject({ updated: 1 });
  expect(await imported('email\nada@example.org\n')).toMatchObject({ skipped: 1 });
  expect(await database.db.query(`select name from subscribers where address_key like 'ada%'`)).toEqual([
    { name: 'Countess' },
  ]);
});

test('brings nobody back who left or must not be mailed', async () => {
  await imported('email,status\nleft@example.org,unsubscribed\n');
  const hash = addressHash(secrets.derive('address-hash'), 'erased@example.org');
  await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'erasure')`, [hash]);
  for (const status of ['active', 'pending', 'unsubscribed'])
    expect(
      await imported(`email,status\nleft@example.org,${status}\nErased@example.org,${status}\n`),
    ).toMatchObject({ created: 0, updated: 0, skipped: 2 });
  expect(await statuses()).toEqual({ 'left@example.org': 'unsubscribed' });
});

test('lets the row win that asks for less mail, wherever it stands', async () => {
  for (const order of [
    ['active', 'unsubscribed'],
    ['unsubscribed', 'active'],
  ]) {
    await database.db.change('delete from subscribers');
    await imported(`email,status\n${order.map((status) => `ada@example.org,${status}`).join('\n')}`);
    expect(await statuses()).toEqual({ 'ada@example.org': 'unsubscribed' });
  }
  await imported('email,status\nbob@example.org,pending\n');
  expect(await imported('email,status\nbob@example.org,active\n')).toMatchObject({ updated: 1 });
  expect(await imported('email,status\nbob@example.org,pending\n')).toMatchObject({ skipped: 1 });
  expect(await imported('email,status\nbob@example.org,suppressed\n')).toMatchObject({ updated: 1 });
  expect((await statuses())['bob@example.org']).toBe('suppressed');
});

test('starts active readers after the last issue', async () => {
  await database.db.change(
    `insert into issues (newsletter_id, kind, slot, review, seq_through, fanned_out_at)
     values ($1, 'scheduled', now(), 'auto', 12, now())`,
    [newsletter.id],
  );
  await imported('email,status\nada@example.org,active\nbob@example.org,pending\n');
  await imported('email,status\nbob@example.org,active\n');
  expect(await database.db.query('select read_through from subscriptions')).toEqual([
    { readThrough: '12' },
    { readThrough: '12' },
  ]);
});

test('as a dry run counts what would change, and changes nothing', async () => {
  await imported('email,name\nada@example.org,Ada\n');
  const body = `email,name,status\nada@example.org,Countess,active\nbob@example.org,Bob,active\nx\n${'bob@example.org,Bob,active\n'.repeat(2500)}`;
  const dry = await imported(body, { dryRun: true });
  expect(await statuses()).toEqual({ 'ada@example.org': 'active' });
  expect(await imported(body)).toEqual(dry);
  expect(dry).toMatchObject({ rows: 2503, created: 1, updated: 1, skipped: 2501, invalid: 1 });
});

test('keeps the first thousand errors, and counts all', async () => {
  const result = await imported(`email\n${'nobody\n'.repeat(2500)}ada@example.org\n`);
  expect(result).toMatchObject({ rows: 2501, created: 1, skipped: 2500, invalid: 2500 });
  expect(result.errors).toHaveLength(1000);
});

test('goes on where a dead worker stopped, and two workers write nothing twice', async () => {
  const body = `email\n${Array.from({ length: 5000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(body);
  let lots = 0;
  const dying = runImport(
    {
      ...deps(),
      onProgress() {
        lots += 1;
        if (lots === 2) throw Object.assign(new Error('the worker died'), { code: '57P01' });
      },
    },
    { importId },
  );
  await expect(dying).rejects.toThrow('died');
  expect(await getImport(deps(), importId)).toMatchObject({ state: 'running', rows: 2000, created: 2000 });

  queue.jobs.length = 0;
  await enqueueUnfinishedImports(deps());
  expect(queue.jobs).toEqual([]); // it may yet be alive
  await enqueueUnfinishedImports({ ...deps(), now: () => new Date(Date.now() + 61_000) });
  expect(queue.jobs).toEqual([{ queue: 'subscriptions', payload: { kind: 'import', importId } }]);

  const results = await Promise.all([1, 2].map(() => runImport(deps(), { importId })));
  expect(results.toSorted()).toEqual(['finished', 'not-to-do']);
  expect(await getImport(deps(), importId)).toMatchObject({
    state: 'finished',
    rows: 5000,
    created: 5000,
    skipped: 0,
  });
  const [counted] = await database.db.query<{ consents: number; body: null }>(
    'select (select count(*) from consents)::int as consents, body from imports where id = $1',
    [importId],
  );
  expect(counted).toEqual({ consents: 5000, body: null });
  expect(await runImport(deps(), { importId })).toBe('not-to-do');
});

test('is refused without a column for addresses, over its size, or for no newsletter', async () => {
  const input = {
    newsletterId: newsletter.id,
    body: Buffer.from('a@example.org\n'),
    contentType: 'text/csv',
  };
  expect(await startImport(deps(), input)).toMatchObject({ status: 'refused', code: 'no-email-column' });
  const huge = { ...input, body: Buffer.alloc(33 * 1024 * 1024) };
  expect(await startImport(deps(), huge)).toMatchObject({ status: 'refused', code: 'too-large' });
  expect(await startImport(deps(), { ...input, newsletterId: '999' })).toEqual({
    status: 'unknown-newsletter',
  });
  expect(await imported('email,name\n')).toMatchObject({ rows: 0 });
});

// They took 2.7 s on two busy cores; the limit finds what grows with the square.
test('takes tens of thousands of readers in seconds', async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `reader${n}@example.org,Reader ${n},active`);
  const importId = await start(`email,name,status\n${lines.join('\n')}`);
  const started = performance.now();
  const seen: number[] = [];
  await runImport({ ...deps(), onProgress: ({ rows }) => seen.push(rows) }, { importId });
  const seconds = (performance.now() - started) / 1000;
  expect(seen).toHaveLength(20);
  expect(await getImport(deps(), importId)).toMatchObject({ created: 20_000, lines: 20_001 });
  expect(seconds).toBeLessThan(40);

  let exported = 0;
  for await (const piece of exportSubscribers(deps(), { newsletterId: newsletter.id }))
    exported += piece.split('\r\n').length - 1;
  expect(exported).toBe(20_001);
});

test('an export comes back as it was, with formulas disarmed in between', async () => {
  await imported(
    'email,name,status\n=1+1@example.org,=HYPERLINK(1),active\n+x@example.org,"-2 ""q"", r",unsubscribed\n@,,\n',
  );
  const pieces: string[] = [];
  for await (const piece of exportSubscribers(deps(), { newsletterId: newsletter.id })) pieces.push(piece);
  const csv = pieces.join('');
  const lines = csv.split('\r\n');
  expect(lines[2]).toMatch(/^'=1\+1@example.org,'=HYPERLINK\(1\),active,/);
  expect(lines[1]).toMatch(/^'\+x@example.org,"'-2 ""q"", r",unsubscribed,/);
  expect(await imported(csv)).toMatchObject({ rows: 2, created: 0, updated: 0, skipped: 2, invalid: 0 });
});
