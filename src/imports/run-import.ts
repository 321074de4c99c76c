// Runs an import, in lots.
//
// 1. A worker claims the import where it stands: at a byte of its body, which is always the start of a row.
// 2. It reads the next thousands of rows while the database works on the two lots before. Lots are committed
//    in order.
// 3. Each lot is one transaction, which also advances the import from the byte where the lot began. A worker
//    that dies loses nothing and repeats nothing. If two workers run one import, the slower one finds it
//    advanced and stops.
// 4. While mail is being sent, it waits after each lot for a multiple of the lot's time: digests come first.
//
// The status "active" rests on the publisher's word: every consent record quotes the basis. The newsletter's
// rules for its form do not apply. The sweep mails "pending" readers a confirmation if they asked within the
// last seven days, or if the publisher wants it (reader.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass, type Db } from '../db.js';
import { errorCode } from '../error-code.js';
import { messageJson } from '../languages/message-json.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Secrets } from '../secrets.js';
import { addressHash } from '../subscribers/address.js';
import { asksForLess, type ImportOutcome } from './outcome.js';
import { readerRules, type ImportReader, type ImportRow } from './reader.js';
import { fileKeptMs } from './import-dry-run.js';
import { readLots, type Lot, type FilePosition } from './rows.js';
import { offerOf, type ChosenReadingTime } from '../subscribers/reading.js';
import * as store from './store.js';
import { addReader, emptyLot } from './lot-columns.js';
import { insertPlainRows, type PlainRow } from './store-lot.js';
import { judgeLot, writeLot, type OutcomeCount } from './write-lot.js';
import { internReadingTime } from '../subscribers/subscriptions.js';
import { announce } from '../webhooks/announce.js';

/** Rows: some tens of milliseconds for this process, and a few hundred for the database. */
const lotSize = 2_500;
/** The most invalid rows that are stored. */
const mostInvalidKept = 100_000;
/** While mail is being sent, lots take this share of the time. */
const shareBesideMail = 0.25;
/** How often a lot is tried again if its readers change at the same moment. */
const mostAttempts = 5;

export interface RunImportDeps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
  /** The process is to end. */
  stopping?: () => boolean;
  onProgress?: (progress: { rows: number; byte: number; bytes: number }) => void;
}

type Progress = store.ImportCounts & { place: FilePosition };

interface Sorted {
  /** The readers, each once. */
  readers: Map<string, Kept>;
  /** Duplicate and invalid rows. */
  plain: PlainRow[];
  invalid: number;
}

function sort(rows: readonly ImportRow[]): Sorted {
  const readers = new Map<string, Kept>();
  const plain: PlainRow[] = [];
  let invalid = 0;
  const drop = ({ line, reader: { status, key } }: Kept): void => {
    plain.push({ line, outcome: 'duplicate', status, email: key, reasons: null });
  };
  for (const row of rows) {
    if ('reason' in row) {
      const { line, reason, email = null } = row;
      plain.push({ line, outcome: 'invalid', status: null, email, reasons: messageJson([reason]) });
      invalid += 1;
      continue;
    }
    const earlier = readers.get(row.reader.key);
    if (!earlier) readers.set(row.reader.key, row);
    else if (!asksForLess(row.reader.status, earlier.reader.status)) drop(row);
    else {
      drop(earlier);
      const name = row.reader.name ?? earlier.reader.name;
      readers.set(row.reader.key, { line: row.line, reader: { ...row.reader, name } });
    }
  }
  return { readers, plain, invalid };
}

/** Keeps at most `invalid` invalid rows. */
function kept(rows: readonly PlainRow[], invalid: number): PlainRow[] {
  let room = invalid;
  return rows.filter(({ outcome }) => outcome !== 'invalid' || (room -= 1) >= 0);
}

interface Kept {
  line: number;
  reader: ImportReader;
}

/** Adds the counts of a lot to those of the lots before. */
function count(
  before: Progress,
  lot: Lot,
  { counts, duplicates, invalid }: { counts: readonly OutcomeCount[]; duplicates: number; invalid: number },
): Progress {
  const outcomes = { ...before.outcomes };
  const statuses = { ...before.statuses };
  const add = (outcome: ImportOutcome, rows: number): void => {
    if (rows > 0) outcomes[outcome] = (outcomes[outcome] ?? 0) + rows;
  };
  add('invalid', invalid);
  add('duplicate', duplicates);
  let { toConfirm } = before;
  for (const { outcome, status, rows } of counts) {
    add(outcome, rows);
    if (outcome === 'created' || outcome === 'updated') statuses[status] = (statuses[status] ?? 0) + rows;
    if (outcome === 'created' && status === 'pending') toConfirm += rows;
  }
  const { created = 0, updated = 0 } = outcomes;
  const rows = before.rows + lot.rows.length;
  return {
    rows,
    created,
    updated,
    skipped: rows - created - updated,
    invalid: outcomes.invalid ?? 0,
    outcomes,
    toConfirm,
    statuses,
    place: lot.next,
  };
}

/** Thrown to roll a lot back: another worker has advanced the import. */
class Moved extends Error {}

/** Thrown to roll a lot back and try again from where the import stands then. */
class Again extends Error {}

/** A row was locked for too long (55P03), or a deadlock was detected (class 40). */
const isConflict = (error: unknown): boolean => /^(?:40|55P03)/.test(errorCode(error));

/** Another worker has written these rows (23505: a unique violation). */
const isWritten = (error: unknown): boolean =>
  (error as { constraint?: unknown }).constraint === 'import_rows_pkey';

export type RunImportResult = 'finished' | 'failed' | 'not-to-do';

/**
 * Runs an import from where it stands. Throws when the database is lost; the sweep then finds the import
 * again.
 */
export async function runImport(
  deps: RunImportDeps,
  { importId }: { importId: string },
): Promise<RunImportResult> {
  const { db, now } = deps;
  let stood: number | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const taken = await store.takeImport(db, importId, now());
    if (!taken) return 'not-to-do';
    if (taken.place.byte !== stood) attempt = 1;
    stood = taken.place.byte;
    try {
      if (!(await runLots(deps, taken))) return 'not-to-do';
      const keepUntil = taken.dryRun ? new Date(now().getTime() + fileKeptMs) : null;
      await end(deps, importId, { failure: null, keepUntil });
      return 'finished';
    } catch (error) {
      if ((error instanceof Again || isConflict(error)) && attempt < mostAttempts) continue;
      if (!mayPass(error))
        await end(deps, importId, { failure: 'An unexpected error. See the log.', keepUntil: null });
      throw error;
    }
  }
}

async function end(
  deps: RunImportDeps,
  importId: string,
  how: { failure: string | null; keepUntil: Date | null },
): Promise<void> {
  const now = deps.now();
  await deps.db.transaction(async (tx) => {
    const ended = await store.endImport(tx, importId, { ...how, now });
    // A dry run changes no reader.
    if (!ended || ended.dryRun) return;
    const { newsletterId, state, rows, created, updated, skipped } = ended;
    await announce(tx, now, {
      event: 'import.finished',
      newsletterIds: [newsletterId],
      data: { importId, newsletterId, state, rows, created, updated, skipped },
    });
  });
}

async function* piecesFrom(db: Db, importId: string, from: number): AsyncGenerator<Buffer> {
  for (let byte = from; ;) {
    const piece = await store.chunkAt(db, importId, byte);
    if (piece === undefined || piece.length === 0) return;
    yield piece;
    byte += piece.length;
  }
}

/** False if another worker runs it, or is to run it. */
async function runLots(deps: RunImportDeps, taken: store.ImportRecord): Promise<boolean> {
  const { db, now } = deps;
  const newsletter = await getNewsletter(db, taken.newsletterId);
  if (!newsletter) return false;
  const { customFields } = newsletter;
  const offer = offerOf(newsletter);
  const rules = readerRules(taken.layout, { offer, customFields, now: now() });
  const pieces = piecesFrom(db, taken.id, taken.place.byte);
  const write = createWriter(deps, taken);
  /** The two lots in the database, the older first: its work and ours fill two cores. */
  let older: Written | undefined;
  let newer: Written = { keys: new Set(), done: Promise.resolve(taken) };
  try {
    for await (const lot of readLots(pieces, { rules, from: taken.place, size: lotSize })) {
      const began = performance.now();
      if (!((await older?.done) ?? true)) return false;
      const sorted = sort(lot.rows);
      // Two lots with one reader would deadlock: one waits in the database, one here.
      if ([...sorted.readers.keys()].some((key) => newer.keys.has(key)) && !(await newer.done)) return false;
      older = newer;
      newer = { keys: new Set(sorted.readers.keys()), done: write(lot, sorted, older.done) };
      // A rejection surfaces when `done` is awaited.
      newer.done.catch(() => undefined);
      if (deps.stopping?.() === true) {
        await newer.done;
        await store.releaseImport(db, taken.id);
        return false;
      }
      if (await store.mailIsUnderWay(db)) {
        await newer.done;
        await sleep((performance.now() - began) * (1 / shareBesideMail - 1));
      }
    }
    return (await newer.done) !== undefined;
  } finally {
    // Wait for the last lot, so that nothing runs on after a failure.
    await newer.done.catch(() => undefined);
  }
}

/** A lot that is being written. `done` is undefined if another worker has advanced the import. */
interface Written {
  keys: ReadonlySet<string>;
  done: Promise<Progress | undefined>;
}

function createWriter({ db, secrets, now, onProgress }: RunImportDeps, taken: store.ImportRecord) {
  const hashKey = secrets.derive('address-hash');
  const times = new Map<string, string>();
  // Outside the lot's transaction, which would lock the row for the next lot.
  const timeId = async (time: ChosenReadingTime | undefined): Promise<string | undefined> => {
    if (time === undefined || taken.dryRun) return undefined;
    const name = JSON.stringify(time);
    const id = times.get(name) ?? (await internReadingTime(db, taken.newsletterId, time));
    times.set(name, id);
    return id;
  };
  const { source } = taken.layout;
  const input = {
    importId: taken.id,
    newsletterId: taken.newsletterId,
    detail: { importId: taken.id, basis: taken.basis, ...(source && { source }) },
    exact: source === 'daily-digest',
  };
  /** Writes a lot, and commits it after the lot `before`. */
  return async (
    lot: Lot,
    { readers, plain, invalid }: Sorted,
    before: Promise<Progress | undefined>,
  ): Promise<Progress | undefined> => {
    const columns = emptyLot();
    for (const { line, reader } of readers.values()) {
      const hash = addressHash(hashKey, reader.key).toString('hex');
      const readingTimeId = reader.time && (await timeId(reader.time));
      addReader(columns, reader, { line, hash, readingTimeId });
    }
    const moved = await db
      .transaction(async (tx) => {
        const counts = await (taken.dryRun ? judgeLot : writeLot)(tx, {
          ...input,
          readers: columns,
          now: now(),
        });
        if (!counts) throw new Again('readers changed while they were imported');
        const progress = await before;
        // Throw: returning would commit a lot although the import did not advance.
        if (!progress) throw new Moved();
        const next = count(progress, lot, { counts, duplicates: plain.length - invalid, invalid });
        const room = Math.max(0, mostInvalidKept - progress.invalid);
        // After the judging, which looks for earlier rows of the same address.
        await insertPlainRows(tx, taken.id, kept(plain, room));
        const step = { ...next, from: progress.place, next: lot.next, now: now() };
        if (!(await store.advanceImport(tx, taken.id, step))) throw new Moved();
        return next;
      })
      .catch((error: unknown) => {
        if (error instanceof Moved || isWritten(error)) return undefined;
        throw error;
      });
    if (moved) onProgress?.({ rows: moved.rows, byte: moved.place.byte, bytes: taken.bytes });
    return moved;
  };
}
