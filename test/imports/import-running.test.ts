// An import from start to end: statuses, repeats, crashed workers, round trips and speed.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { exportSubscribers, type ExportFormat } from '../../src/imports/export-subscribers.js';
import { forgetImports } from '../../src/imports/forget-imports.js';
import { forgetReaders } from '../../src/subscribers/forget-readers.js';
import { getImport } from '../../src/imports/get-import.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { receiveImport } from '../../src/imports/receive-import.js';
import { enqueueUnsentConfirmations } from '../../src/joining/resume-confirmations.js';
import { enqueueUnfinishedImports, forgetHalfImports } from '../../src/imports/resume-imports.js';
import { runImport } from '../../src/imports/run-import.js';
import { defaultRetention } from '../../src/config/retention.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, rememberingQueue } from '../support/newsroom.js';
import {
  imported,
  importDeps,
  pieces,
  queue,
  rowsOf,
  start,
  statuses,
  tryStart,
  type ImportOptions,
} from './import-support.js';
import { secrets } from '../support/site.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();
let newsletter: Newsletter;

beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
  await database.db.change('delete from imports');
  newsletter = await makeNewsletter(database.db);
});

const deps = () => importDeps(database.db);
const take = (body: string | Buffer, options?: ImportOptions) =>
  imported(database.db, newsletter.id, body, options);
const count = async (what: string): Promise<number> =>
  (await database.db.one<{ count: number }>(`select count(*)::int as count from ${what}`)).count;
const names = () =>
  database.db.query<{ name: string | null }>('select name from subscribers order by address_key');

test('keeps each row’s status, and says what came of it', async () => {
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
  expect(await statuses(database.db, newsletter.id)).toEqual({
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

test('brings nobody back who left or must not be mailed', async () => {
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
  expect(await statuses(database.db, newsletter.id)).toEqual({ 'left@example.org': 'unsubscribed' });
  expect(await names()).toEqual([{ name: null }]);
  // The database still holds nothing but the hash of the erased address.
  expect(await count('subscribers')).toBe(1);
});

test('lets the row win that asks for less mail, wherever it stands', async () => {
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
      expect(await statuses(database.db, newsletter.id)).toEqual({ 'ada@example.org': 'unsubscribed' });
    }
  await take('email,status\nbob@example.org,pending\n');
  expect(await take('email,status\nbob@example.org,active\n')).toMatchObject({ updated: 1 });
  expect(await take('email,status\nbob@example.org,pending\n')).toMatchObject({ skipped: 1 });
  expect(await take('email,status\nbob@example.org,suppressed\n')).toMatchObject({ updated: 1 });
  expect((await statuses(database.db, newsletter.id))['bob@example.org']).toBe('suppressed');
});

test('whoever joined here after having left there stays, and keeps what they chose', async () => {
  await take('email,status\nada@example.org,pending\n');
  const token = Buffer.alloc(32, 1);
  await database.db.change(
    `update subscriptions set confirm_token_hash = $1, confirm_token_expires_at = now() + interval '1 hour',
       topics = '{Town}'`,
    [token],
  );
  await database.db.change(
    `with done as (update subscriptions set confirmed_at = now() returning id)
     insert into consents (subscription_id, event, at, via) select id, 'confirmed', now(), 'page' from done`,
  );
  const old = 'email,unsubscribed_at\nada@example.org,2020-01-01\n';
  expect(await take(old)).toMatchObject({ outcomes: { unchanged: 1 } });
  expect(await take('email,topics,send_time\nada@example.org,Sport,09:00\n')).toMatchObject({
    outcomes: { unchanged: 1 },
  });
  expect(await statuses(database.db, newsletter.id)).toEqual({ 'ada@example.org': 'active' });
  // A row without a time, or with a later time, counts as newer than the reader's own act.
  expect(await take('email,status\nada@example.org,unsubscribed\n')).toMatchObject({ updated: 1 });
});

test('starts active readers after the last issue', async () => {
  await database.db.change(
    `insert into issues (newsletter_id, kind, slot, review, seq_through, fanned_out_at, paused_at, paused_by)
     values ($1, 'scheduled', now(), 'auto', 12, now(), now(), 'admin')`,
    [newsletter.id],
  );
  await take('email,status\nada@example.org,active\nbob@example.org,pending\n');
  await take('email,status\nbob@example.org,active\n');
  expect(await database.db.query('select read_through from subscriptions')).toEqual([
    { readThrough: '12' },
    { readThrough: '12' },
  ]);
});

test('a dry run says what would happen and to whom, and changes nothing', async () => {
  await take('email,name\nada@example.org,Ada\n');
  await take('email,status\nleft@example.org,unsubscribed\n');
  const body = `email,name,status\nada@example.org,Countess,active\nbob@example.org,Bob,active\nx\nleft@example.org,,active\n${'bob@example.org,Bob,unsubscribed\n'.repeat(6000)}`;
  const before = await count('consents');
  const dry = await take(body, { dryRun: true });
  expect(await statuses(database.db, newsletter.id)).toEqual({
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

test('tells the first thousand errors with the import, and all by line', async () => {
  const done = await take(`email\n${'nobody\n'.repeat(2500)}ada@example.org\n`);
  expect(done).toMatchObject({ rows: 2501, created: 1, skipped: 2500, invalid: 2500 });
  expect(done.errors).toHaveLength(1000);
  expect(await count(`import_rows where outcome = 'invalid'`)).toBe(2500);
});

test('goes on where a dead worker stopped, and two workers write nothing twice', async () => {
  const body = `email\n${Array.from({ length: 12_000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(database.db, newsletter.id, body, { pieceSize: 50_000 });
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
  const stands = await getImport(deps(), importId);
  expect(stands).toMatchObject({ state: 'running' });
  expect(stands?.rows).toBe(await count('subscriptions'));
  expect(stands?.rows).toBeLessThan(12_000);

  queue.jobs.length = 0;
  await enqueueUnfinishedImports(deps());
  expect(queue.jobs).toEqual([]); // The first worker may still be alive.
  await enqueueUnfinishedImports({ ...deps(), now: () => new Date(Date.now() + 61_000) });
  expect(queue.jobs).toEqual([{ queue: 'imports', payload: { kind: 'import', importId } }]);

  const results = await Promise.all([1, 2].map(() => runImport(deps(), { importId })));
  expect(results).toContain('finished');
  expect(await getImport(deps(), importId)).toMatchObject({
    state: 'finished',
    rows: 12_000,
    created: 12_000,
    skipped: 0,
  });
  expect([await count('consents'), await count('import_rows'), await count('import_chunks')]).toEqual([
    12_000, 12_000, 0,
  ]);
  expect(await runImport(deps(), { importId })).toBe('not-to-do');
});

test('a worker that is asked to end lets go of it, and another goes on at once', async () => {
  const body = `email\n${Array.from({ length: 12_000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(database.db, newsletter.id, body);
  expect(await runImport({ ...deps(), stopping: () => true }, { importId })).toBe('not-to-do');
  queue.jobs.length = 0;
  await enqueueUnfinishedImports({ ...deps(), now: () => new Date(Date.now() + 61_000) });
  expect(queue.jobs).toHaveLength(1);
  expect(await runImport(deps(), { importId })).toBe('finished');
  expect(await count('subscriptions')).toBe(12_000);
});

test('readers who change while they are imported are judged anew', async () => {
  const rows = Array.from({ length: 4000 }, (_, n) => `reader${n}@example.org`);
  await take(`email,status\n${rows.map((row) => `${row},pending`).join('\n')}`);
  const importId = await start(database.db, newsletter.id, `email\n${rows.join('\n')}`);
  const running = runImport(deps(), { importId });
  await database.db.change(
    `update subscriptions set unsubscribed_at = now() where id in (select id from subscriptions order by id limit 2000)`,
  );
  expect(await running).toBe('finished');
  const done = await getImport(deps(), importId);
  expect(done?.rows).toBe(4000);
  // The import brought back no reader who left in between, and confirmed all others.
  expect(await count('subscriptions where unsubscribed_at is not null')).toBe(2000);
  expect(await count('subscriptions where confirmed_at is not null')).toBeGreaterThanOrEqual(2000);
  expect(await count('subscriptions where confirmed_at is null and unsubscribed_at is null')).toBe(0);
});

describe('a body', () => {
  test('that breaks off is no import, and leaves nothing', async () => {
    async function* broken() {
      yield* pieces(`email\n${'a@example.org\n'.repeat(100_000)}`, 100_000);
      throw new Error('the line went dead');
    }
    await expect(receiveImport(deps(), { newsletterId: newsletter.id, body: broken() })).rejects.toThrow(
      'dead',
    );
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
  });

  test('whose web process died is forgotten after an hour', async () => {
    const kept = await receiveImport(deps(), {
      newsletterId: newsletter.id,
      body: pieces('email\na@example.org\n'),
    });
    if (kept.status !== 'received') throw new Error(kept.status);
    expect(await getImport(deps(), kept.received.id)).toBeUndefined();
    expect(await forgetHalfImports(deps())).toBe(0);
    expect(await forgetHalfImports({ ...deps(), now: () => new Date(Date.now() + 3_700_000) })).toBe(1);
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
  });

  test('that is too large, or for no newsletter, or no table, is refused and not kept', async () => {
    const small = { ...deps(), maxBytes: 1024 ** 2 };
    const body = pieces(Buffer.alloc(1024 ** 2 + 1), 100_000);
    expect(await receiveImport(small, { newsletterId: newsletter.id, body })).toMatchObject({
      status: 'too-large',
      detail: expect.stringContaining('1 MB') as string,
    });
    expect(await receiveImport(deps(), { newsletterId: '999999', body: pieces('email\n') })).toEqual({
      status: 'unknown-newsletter',
    });
    expect(await tryStart(database.db, newsletter.id, 'name\nAda\n')).toMatchObject({
      code: 'no-email-column',
    });
    expect(await tryStart(database.db, newsletter.id, 'email\n', { map: 'x' })).toMatchObject({
      code: 'invalid-map',
    });
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
    expect(await take('email,name\n')).toMatchObject({ rows: 0 });
  });
});

describe('an export', () => {
  const exported = async (format: ExportFormat) => {
    const all: string[] = [];
    for await (const piece of exportSubscribers(deps(), { newsletterId: newsletter.id, format }))
      all.push(piece);
    return all.join('');
  };

  test.each(['csv', 'ndjson'] as const)('as %s comes back without loss', async (format) => {
    newsletter = await makeNewsletter(database.db, {
      topics: ['Town', 'Sport'],
      schedule: { frequencies: ['daily', 'weekly'] },
      customFields: [
        { name: 'city', label: 'Your city', type: 'text' },
        { name: 'age', label: 'Age', type: 'number' },
      ],
    });
    await take(
      [
        'email,name,status,language,topics,frequency,send_time,weekday,timezone,paused_until,plain_text,tracking_agreed_at,requested_at,requested_ip,confirmed_at,confirmed_ip,unsubscribed_at,city,age',
        `=1+1@example.org,=HYPERLINK(1),active,de,Town|Sport,weekly,09:30,5,Europe/Berlin,2050-01-01,true,2024-01-01,2020-01-01 10:00:00,192.0.2.1,2020-01-01 10:05:00,2001:db8::1,,"'-Rome, ""Lazio""",36`,
        '+x@example.org,"-2 ""q"", r",unsubscribed,,,,,,,,,,2020-01-01,,,,2021-02-03 04:05:06,,',
        'b@example.org,,bounced,,,,,,,,,,2020-01-01,,2020-01-02,,2021-01-01,,',
        's@example.org,,suppressed,,,,,,,,,,2020-01-01,,2020-01-02,,,,',
        'e@example.org,,expired,,,,,,,,,,2020-01-01,,,,,,',
      ].join('\n'),
      { basis: 'paper, kept in the cellar' },
    );
    const before = await exported(format);
    const defused =
      format === 'csv'
        ? [
            `'+x@example.org,"'-2 ""q"", r",unsubscribed,`,
            `'=1+1@example.org,'=HYPERLINK(1),active,de,Town|Sport,weekly,09:30,5,Europe/Berlin,`,
          ]
        : [];
    for (const line of defused) expect(before).toContain(`\r\n${line}`);
    for (const table of ['subscribers', 'suppressions', 'reading_times'])
      await database.db.change(`delete from ${table}`);
    const contentType = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    expect(await take(before, { contentType })).toMatchObject({
      source: 'daily-digest',
      rows: 5,
      created: 5,
      invalid: 0,
    });
    const sorted = (text: string) => text.split(/\r?\n/).toSorted();
    // The second export equals the first, except for the time at which the sweep noticed an expiry.
    expect(sorted(await exported(format))).toEqual(sorted(before));
    // Importing the file once more changes nothing.
    expect(await take(before, { contentType })).toMatchObject({ created: 0, updated: 0 });
  });
});

test('whoever is erased is in no report any more', async () => {
  const dry = await take('email,name\nada@example.org,Ada\nada@example.org,\n', { dryRun: true });
  const done = await take('email,name\nada@example.org,Ada\nada@example.org,\nbob@example.org,\n');
  const renamed = await take('email,name\nada@example.org,Countess\n');
  const { data } = await listSubscribers(deps(), { email: 'ada@example.org', limit: 1 });
  await eraseSubscriber(deps(), { id: data[0]?.id ?? '' });
  for (const { id } of [dry, done, renamed])
    expect((await rowsOf(database.db, id)).filter(([, , email]) => email === 'ada@example.org')).toEqual([]);
  const [left] = await database.db.query<{ text: string }>(
    `select string_agg(x::text, '') as text from import_rows x`,
  );
  expect(left?.text).not.toMatch(/ada|countess/i);
});

test('nor in the rows that could not be read, however they wrote the address', async () => {
  await take('email\ntomas@bücher.example\n');
  const { data } = await listSubscribers(deps(), { limit: 1 });
  const typed = [
    'Tomas@Bücher.example,whatever',
    'TOMAS@xn--bcher-kva.example,whatever',
    '"Tomas <tomas@bücher.example>",',
    'tomas @BÜCHER.example,',
    '"tomas@bücher.example tomas@bücher.example",',
    'eva@bücher.example,tomas@xn--bcher-kva.example',
    'tom_s@bücher.example,whatever',
  ];
  const done = await take(`email,status\n${typed.join('\n')}\n`);
  expect(done).toMatchObject({ rows: 7, invalid: 7 });
  await eraseSubscriber(deps(), { id: data[0]?.id ?? '' });
  const [left] = await database.db.query<{ text: string }>(
    `select string_agg(lower(x::text), '') as text from import_rows x`,
  );
  expect(left?.text).not.toMatch(/tomas/);
  // The rows of other readers stay unchanged.
  expect((await rowsOf(database.db, done.id)).at(-1)).toEqual([8, 'invalid', 'tom_s@xn--bcher-kva.example']);
});

test('what came of rows is forgotten when its time is over', async () => {
  const done = await take('email\nada@example.org\nx\n');
  const later = (days: number) => () => new Date(Date.now() + days * 86_400_000);
  const depsAfter = (days: number) => ({ db: database.db, retention: defaultRetention, now: later(days) });
  expect(await forgetImports(depsAfter(29))).toBe(0);
  expect(await forgetImports(depsAfter(31))).toBe(2);
  expect(await rowsOf(database.db, done.id)).toEqual([]);
  expect(await getImport(deps(), done.id)).toMatchObject({ rows: 2, created: 1, errors: [] });
  // The IP addresses from the file are deleted with the rest, from the consent record too.
  await take('email,requested_ip,confirmed_ip\nbob@example.org,192.0.2.1,192.0.2.2\n');
  await database.db.change('update subscriptions set unsubscribed_at = now()');
  await forgetReaders(depsAfter(1100));
  expect(
    await count(`consents where ip is not null or detail ? 'requestedIp' or detail ? 'confirmedIp'`),
  ).toBe(0);
});

// Takes about 5 s on two busy cores. The limit catches a cost that grows with the square of the rows.
test('takes tens of thousands of readers in seconds', async () => {
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
  for await (const piece of exportSubscribers(deps(), { newsletterId: newsletter.id }))
    exportedLines += piece.split('\r\n').length - 1;
  expect(exportedLines).toBe(40_001);
  expect((performance.now() - started) / 1000).toBeLessThan(100);
});
