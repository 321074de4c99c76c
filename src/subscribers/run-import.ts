// An import, in lots.
//
// Each lot is one transaction that also moves the import's counts on, from the row number it started at: a worker that
// dies loses nothing and repeats nothing, and of two workers at one import the slower one finds the counts moved and
// stops. A status "active" is taken on the publisher's word (the basis, which every consent record quotes), whatever
// the newsletter asks of readers who come through its form; "pending" readers are sent a confirmation by the sweep.
import { isDatabaseUnavailable, type Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import { addressHash } from './address.js';
import { openImport, type ImportReader, type ImportRow, type ImportStatus } from './import-rows.js';
import * as store from './store-import.js';

const lotSize = 1_000;
const maxErrors = 1_000;

export interface RunImportDeps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
  onProgress?: (progress: store.ImportCounts & { lines: number }) => void;
}

/** Two rows for one address: what asks for less mail wins, wherever in the file it stands. */
const strength: Record<ImportStatus, number> = { pending: 0, active: 1, unsubscribed: 2, suppressed: 3 };

/** The readers of a lot, each once. `seen` are those of earlier lots, of a dry run that has not written them. */
function distinct(
  rows: readonly ImportRow[],
  seen: ReadonlyMap<string, ImportStatus> | undefined,
): Map<string, ImportReader> {
  const readers = new Map<string, ImportReader>();
  for (const row of rows) {
    if (!('reader' in row)) continue;
    const { reader } = row;
    const earlier = readers.get(reader.key)?.status ?? seen?.get(reader.key);
    if (earlier !== undefined && strength[earlier] >= strength[reader.status]) continue;
    readers.set(reader.key, { ...reader, name: reader.name ?? readers.get(reader.key)?.name });
  }
  return readers;
}

/** Thrown to undo a dry run's lot. */
class Undo extends Error {}

export type RunImportResult = 'finished' | 'failed' | 'not-to-do';

/** Does an import from where it stands. Throws when the database is lost; the sweep finds the import again. */
export async function runImport(
  deps: RunImportDeps,
  { importId }: { importId: string },
): Promise<RunImportResult> {
  const { db, now } = deps;
  const taken = await store.takeImport(db, importId, now());
  if (!taken) return 'not-to-do';
  try {
    if (!(await runLots(deps, taken))) return 'not-to-do';
    await store.endImport(db, importId, { failure: null, now: now() });
    return 'finished';
  } catch (error) {
    // SQLSTATE class 40 is a deadlock: like a lost database, no fault of the import's.
    const code: unknown = (error as { code?: unknown }).code;
    if (isDatabaseUnavailable(error) || (typeof code === 'string' && code.startsWith('40'))) throw error;
    await store.endImport(db, importId, { failure: 'An unexpected error; the log has it.', now: now() });
    throw error;
  }
}

/** False: another worker has gone on with it. */
async function runLots(deps: RunImportDeps, taken: store.RunningImport): Promise<boolean> {
  const opened = openImport(taken.body, taken.contentType);
  if (!opened.ok) throw new Error(opened.reason);
  const seen = taken.dryRun ? new Map<string, ImportStatus>() : undefined;
  const progress = { ...taken };
  let lot: ImportRow[] = [];
  let position = 0;
  const write = async (): Promise<boolean> => {
    const step = await writeLot(deps, taken, {
      rows: lot,
      from: progress.rows,
      kept: progress.errors.length,
      seen,
    });
    if (!step) return false;
    lot = [];
    for (const count of ['rows', 'created', 'updated', 'skipped', 'invalid'] as const)
      progress[count] += step[count];
    progress.errors = [...progress.errors, ...step.errors];
    deps.onProgress?.(progress);
    return true;
  };
  for (const row of opened.rows) {
    position += 1;
    // Done before the worker that began this died.
    if (position <= taken.rows) {
      if ('reader' in row) seen?.set(row.reader.key, row.reader.status);
      continue;
    }
    lot.push(row);
    if (lot.length >= lotSize && !(await write())) return false;
  }
  return lot.length === 0 || (await write());
}

async function writeLot(
  { db, secrets, now }: RunImportDeps,
  { id, newsletterId, basis, dryRun }: store.RunningImport,
  lot: {
    rows: readonly ImportRow[];
    from: number;
    kept: number;
    seen: Map<string, ImportStatus> | undefined;
  },
): Promise<(store.ImportCounts & { errors: store.ImportError[] }) | undefined> {
  const hashKey = secrets.derive('address-hash');
  const readers = [...distinct(lot.rows, lot.seen).values()];
  const invalid = lot.rows.flatMap((row) => ('reason' in row ? [row] : []));
  const rows = readers.map((reader) => ({ ...reader, hash: addressHash(hashKey, reader.key) }));
  const stepOf = (changes: Map<string, 'created' | 'updated'>) => {
    const created = [...changes.values()].filter((change) => change === 'created').length;
    return {
      rows: lot.rows.length,
      created,
      updated: changes.size - created,
      skipped: lot.rows.length - changes.size,
      invalid: invalid.length,
      errors: invalid.slice(0, Math.max(0, maxErrors - lot.kept)),
    };
  };
  const detail = { importId: id, basis };
  let step: ReturnType<typeof stepOf> | undefined;
  const advance = (on: Db) =>
    step === undefined
      ? Promise.resolve(false)
      : store.advanceImport(on, id, { ...step, from: lot.from, now: now() });
  try {
    await db.transaction(async (tx) => {
      step = stepOf(await store.writeLot(tx, { newsletterId, rows, detail, now: now() }));
      if (dryRun || !(await advance(tx))) throw new Undo();
    });
    return step;
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (!dryRun) return undefined;
  for (const { key, status } of readers) lot.seen?.set(key, status);
  return (await advance(db)) ? step : undefined;
}
