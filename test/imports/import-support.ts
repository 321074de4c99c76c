// Helpers that run an import from its body to its end.
import { setImmediate } from 'node:timers/promises';
import type { Db } from '../../src/db.js';
import { getImport, listImportRows, type ImportView } from '../../src/imports/get-import.js';
import { listSubscribers } from '../../src/subscribers/list-subscribers.js';
import { receiveImport } from '../../src/imports/receive-import.js';
import { runImport } from '../../src/imports/run-import.js';
import { startImport, type StartImportInput } from '../../src/imports/start-import.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { makeNewsletter, rememberingQueue } from '../support/newsroom.js';
import { secrets } from '../support/site.js';

export const queue = rememberingQueue();

export const importDeps = (db: Db) => ({ db, enqueue: queue.enqueue, secrets, now: () => new Date() });

/** Yields a body in pieces, as the network delivers it. */
export async function* pieces(body: string | Buffer, size = 10_000): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(body as string);
  for (let from = 0; from < bytes.length; from += size) {
    yield bytes.subarray(from, from + size);
    await setImmediate();
  }
}

export type ImportOptions = Partial<Omit<StartImportInput, 'received'>> & { pieceSize?: number };

/** Returns the import's id, or the reason for the refusal. */
export async function tryStart(
  db: Db,
  newsletterId: string,
  body: string | Buffer,
  { pieceSize, ...options }: ImportOptions = {},
) {
  const kept = await receiveImport(importDeps(db), { newsletterId, body: pieces(body, pieceSize) });
  if (kept.status !== 'received') throw new Error(kept.status);
  return startImport(importDeps(db), { contentType: 'text/csv', ...options, received: kept.received });
}

export async function start(...args: Parameters<typeof tryStart>): Promise<string> {
  const started = await tryStart(...args);
  if (started.status !== 'accepted') throw new Error(started.detail);
  return started.id;
}

/** Runs an import to its end, and asserts that its sums agree. */
export async function imported(...args: Parameters<typeof tryStart>): Promise<ImportView> {
  const [db] = args;
  const importId = await start(...args);
  expect(await runImport(importDeps(db), { importId })).toBe('finished');
  const done = await getImport(importDeps(db), importId);
  if (!done) throw new Error('no import');
  const { rows, created, updated, skipped, outcomes } = done;
  expect(created + updated + skipped).toBe(rows);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(rows);
  return done;
}

/** The status of each reader, by address. */
export async function statuses(db: Db, newsletter: string): Promise<Record<string, string | undefined>> {
  const { data } = await listSubscribers({ db }, { newsletter, limit: 200 });
  return Object.fromEntries(data.map(({ email, subscriptions }) => [email, subscriptions[0]?.status]));
}

/** [line, outcome, address] of every row. */
export async function rowsOf(db: Db, importId: string) {
  const page = await listImportRows({ db }, { importId, limit: 200 });
  return (page?.data ?? []).map(({ line, outcome, email }) => [line, outcome, email]);
}

/** How many rows a table has. `what` may hold a condition. */
export async function countOf(db: Db, what: string): Promise<number> {
  return (await db.one<{ count: number }>(`select count(*)::int as count from ${what}`)).count;
}

/** A newsletter without readers or imports for each test, and what tests ask of it. */
export function useImports(database: { readonly db: Db }) {
  let newsletter: Newsletter | undefined;
  beforeEach(async () => {
    for (const table of ['subscribers', 'suppressions', 'imports'])
      await database.db.change(`delete from ${table}`);
    newsletter = await makeNewsletter(database.db);
  });
  const theNewsletter = (): Newsletter => {
    if (!newsletter) throw new Error('the newsletter is used before a test has begun');
    return newsletter;
  };
  return {
    theNewsletter,
    deps: () => importDeps(database.db),
    take: (body: string | Buffer, options?: ImportOptions) =>
      imported(database.db, theNewsletter().id, body, options),
    count: (what: string) => countOf(database.db, what),
  };
}
