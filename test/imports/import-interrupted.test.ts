// Imports that workers leave unfinished, readers who change meanwhile, and bodies that never arrive whole.
import { getImport } from '../../src/imports/get-import.js';
import { receiveImport } from '../../src/imports/receive-import.js';
import { enqueueUnfinishedImports, forgetFiles } from '../../src/imports/resume-imports.js';
import { runImport } from '../../src/imports/run-import.js';
import { useDatabase } from '../support/fixture.js';
import { pieces, queue, start, tryStart, useImports } from './import-support.js';

const database = useDatabase();
const { theNewsletter, deps, take, count } = useImports(database);

test('continues where a dead worker stopped, and two workers write nothing twice', async () => {
  const body = `email\n${Array.from({ length: 12_000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(database.db, theNewsletter().id, body, { pieceSize: 50_000 });
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

test('a worker that is shutting down releases the import, and another continues at once', async () => {
  const body = `email\n${Array.from({ length: 12_000 }, (_, n) => `reader${n}@example.org`).join('\n')}`;
  const importId = await start(database.db, theNewsletter().id, body);
  expect(await runImport({ ...deps(), stopping: () => true }, { importId })).toBe('not-to-do');
  queue.jobs.length = 0;
  await enqueueUnfinishedImports({ ...deps(), now: () => new Date(Date.now() + 61_000) });
  expect(queue.jobs).toHaveLength(1);
  expect(await runImport(deps(), { importId })).toBe('finished');
  expect(await count('subscriptions')).toBe(12_000);
});

test('readers who change during the import are judged again', async () => {
  const rows = Array.from({ length: 4000 }, (_, n) => `reader${n}@example.org`);
  await take(`email,status\n${rows.map((row) => `${row},pending`).join('\n')}`);
  const importId = await start(database.db, theNewsletter().id, `email\n${rows.join('\n')}`);
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
  test('that breaks off creates no import, and leaves nothing', async () => {
    async function* broken() {
      yield* pieces(`email\n${'a@example.org\n'.repeat(100_000)}`, 100_000);
      throw new Error('the line went dead');
    }
    await expect(receiveImport(deps(), { newsletterId: theNewsletter().id, body: broken() })).rejects.toThrow(
      'dead',
    );
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
  });

  test('whose web process died is deleted after an hour', async () => {
    const kept = await receiveImport(deps(), {
      newsletterId: theNewsletter().id,
      body: pieces('email\na@example.org\n'),
    });
    if (kept.status !== 'received') throw new Error(kept.status);
    expect(await getImport(deps(), kept.received.id)).toBeUndefined();
    expect(await forgetFiles(deps())).toBe(0);
    expect(await forgetFiles({ ...deps(), now: () => new Date(Date.now() + 3_700_000) })).toBe(1);
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
  });

  test('that is too large, has no newsletter or is not a table is refused and not stored', async () => {
    const small = { ...deps(), maxBytes: 1024 ** 2 };
    const body = pieces(Buffer.alloc(1024 ** 2 + 1), 100_000);
    expect(await receiveImport(small, { newsletterId: theNewsletter().id, body })).toMatchObject({
      status: 'too-large',
      detail: expect.stringContaining('1 MB') as string,
    });
    expect(await receiveImport(deps(), { newsletterId: '999999', body: pieces('email\n') })).toEqual({
      status: 'unknown-newsletter',
    });
    expect(await tryStart(database.db, theNewsletter().id, 'name\nAda\n')).toMatchObject({
      code: 'no-email-column',
    });
    expect(await tryStart(database.db, theNewsletter().id, 'email\n', { map: 'x' })).toMatchObject({
      code: 'invalid-map',
    });
    expect([await count('imports'), await count('import_chunks')]).toEqual([0, 0]);
    expect(await take('email,name\n')).toMatchObject({ rows: 0 });
  });
});
