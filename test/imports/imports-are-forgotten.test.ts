// What an import keeps about its rows is deleted: with a reader who is erased, and after its time.
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { importDryRun } from '../../src/imports/import-dry-run.js';
import { forgetFiles } from '../../src/imports/resume-imports.js';
import { forgetImports } from '../../src/imports/forget-imports.js';
import { forgetReaders } from '../../src/subscribers/forget-readers.js';
import { getImport } from '../../src/imports/get-import.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { defaultRetention } from '../../src/config/retention.js';
import { explained } from '../support/explained.js';
import { useDatabase } from '../support/fixture.js';
import { queue, rowsOf, useImports } from './import-support.js';

const database = useDatabase();
const { deps, take, count } = useImports(database);

test('an erased reader is in no report', async () => {
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

test('the file of a dry run is deleted with a reader who is erased, and after a day', async () => {
  await take('email\nada@example.org\n');
  const dry = await take('email\nada@example.org\n', { dryRun: true });
  const run = () => importDryRun({ ...deps(), enqueue: queue.enqueue }, { importId: dry.id, basis: 'paper' });
  expect(await count('import_chunks')).toBe(1);
  const { data } = await listSubscribers(deps(), { email: 'ada@example.org', limit: 1 });
  await eraseSubscriber(deps(), { id: data[0]?.id ?? '' });
  expect(await count('import_chunks')).toBe(0);
  expect(await run()).toMatchObject({ status: 'refused', code: 'file-gone' });

  await take('email\nbob@example.org\n', { dryRun: true });
  const after = (hours: number) => ({ db: database.db, now: () => new Date(Date.now() + hours * 3_600_000) });
  await forgetFiles(after(23));
  expect(await count('import_chunks')).toBe(1);
  await forgetFiles(after(25));
  expect(await count('import_chunks')).toBe(0);
});

test('an erased reader is in no unreadable row, in any spelling of the address', async () => {
  await take('email\ntomas@bücher.example\n');
  const { data } = await listSubscribers(deps(), { limit: 1 });
  const typed = [
    'Tomas@Bücher.example,whatever',
    'TOMAS@xn--bcher-kva.example,whatever',
    '"Tomas <tomas@bücher.example> (old)",',
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

test('the outcomes of rows are deleted when their time is over', async () => {
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

test('imports that are forgotten already cost no reading of a large one', async () => {
  const { db } = database;
  const old = await take('email\nada@example.org\n');
  await db.query(
    `insert into imports (newsletter_id, basis, state, finished_at, content_type, format, encoding, layout)
     select newsletter_id, basis, state, finished_at, content_type, format, encoding, layout
     from imports, generate_series(1, 20) where id = $1`,
    [old.id],
  );
  const later = () => new Date(Date.now() + 31 * 86_400_000);
  await forgetImports({ db, retention: defaultRetention, now: later });
  expect(await count('imports where rows_forgotten_at is not null')).toBe(21);
  const { id } = await take('email\nbob@example.org\n');
  await db.query(
    `insert into import_rows (import_id, line, outcome) select $1, n, 'created' from generate_series(100, 20099) n`,
    [id],
  );
  await db.query('analyze');
  let discarded = 0;
  const watched = explained(db, (reading) => (discarded += reading.discarded));
  await forgetImports({ ...deps(), db: watched, retention: defaultRetention });
  expect(await count('import_rows')).toBe(20_001);
  expect(discarded).toBeLessThan(100);
});
