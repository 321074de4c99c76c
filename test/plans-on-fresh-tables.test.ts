// PostgreSQL plans with the statistics of yesterday while a table fills up. The plans must not depend on them.
import type { Db } from '../src/db.js';
import { requestUndoImport } from '../src/imports/undo-import.js';
import { runImport } from '../src/imports/run-import.js';
import { undoImport } from '../src/people/undo-import.js';
import { importDeps, start } from './imports/import-support.js';
import { explained, type Reading } from './support/explained.js';
import { useDatabase } from './support/fixture.js';
import { issueFor, makeNewsletter, sweep } from './support/newsroom.js';

const database = useDatabase();

beforeAll(async () => {
  for (const table of ['import_rows', 'subscribers', 'subscriptions', 'consents', 'deliveries'])
    await database.db.query(`alter table ${table} set (autovacuum_enabled = false)`);
});

/** Three lots: the third sees the rows of the first. */
const rows = 7_500;
/** Rows that a step of a lot may discard: two for each of its readers. A look at all rows for each would be millions. */
const perLot = 5_000;

const list = (name: string, readers: number): string =>
  `email,name\n${Array.from({ length: readers }, (_, n) => `${name}${n}@example.org,${name} ${n}\n`).join('')}`;

/** The steps of `work` that read more than `atMost` rows in vain. */
async function wasteful(work: (db: Db) => Promise<unknown>, atMost: number): Promise<Reading[]> {
  const found: Reading[] = [];
  await work(explained(database.db, (reading) => reading.discarded > atMost && found.push(reading)));
  return found;
}

test('an import reads no row of an import for another reader', async () => {
  const { db } = database;
  const first = await makeNewsletter(db);
  await runImport(importDeps(db), { importId: await start(db, first.id, list('a', 3_000)) });
  // From here on the statistics know one import only.
  await db.query('analyze');
  const second = await makeNewsletter(db);
  const importId = await start(db, second.id, list('b', rows));
  expect(await wasteful((seen) => runImport({ ...importDeps(db), db: seen }, { importId }), perLot)).toEqual(
    [],
  );
  const again = await start(db, second.id, list('b', rows), { dryRun: true });
  expect(
    await wasteful((seen) => runImport({ ...importDeps(db), db: seen }, { importId: again }), perLot),
  ).toEqual([]);

  await requestUndoImport(importDeps(db), { importId });
  expect(await wasteful((seen) => undoImport({ ...importDeps(db), db: seen }, { importId }), perLot)).toEqual(
    [],
  );
});

test('a sweep does not read the deliveries of a finished issue', async () => {
  const { db } = database;
  const { issueId } = await issueFor(db, 3_000);
  // In the middle of sending, most deliveries are queued.
  await db.query('analyze deliveries');
  await db.query(`update deliveries set state = 'accepted' where issue_id = $1`, [issueId]);
  await db.query('update issues set finished_at = now() where id = $1', [issueId]);
  expect(await wasteful((seen) => sweep(seen), 100)).toEqual([]);
  await db.query('update issues set finished_at = null, cancelled_at = now() where id = $1', [issueId]);
  expect(await wasteful((seen) => sweep(seen), 100)).toEqual([]);
});
