// Undoes an import in lots, from its last row to its first. As with the import itself, another worker
// carries on if this one dies. src/people/undo-import.ts says what happens to the readers of a lot.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Enqueue } from '../queues.js';
import { importById, mailIsUnderWay, type ImportRecord } from './store.js';
import { nothingUndone, type UndoLot, type Undone } from './undo-rows.js';
import { advanceUndo, requestUndo, selectUndoRows, takeUndo } from './store-undo.js';

const lotSize = 2_000;

export type RequestUndoResult =
  /** `fresh` is false if it had been requested before. */
  | { status: 'accepted'; fresh: boolean; import: ImportRecord }
  | { status: 'not-found' }
  | { status: 'refused'; code: 'nothing-to-undo' | 'too-late'; detail: string };

/** Requests the undo of an import; a running one stops first. */
export async function requestUndoImport(
  { db, enqueue, now }: { db: Db; enqueue: Enqueue; now: () => Date },
  { importId }: { importId: string },
): Promise<RequestUndoResult> {
  const fresh = isId(importId) && (await requestUndo(db, importId, now()));
  const found = isId(importId) ? await importById(db, importId) : undefined;
  if (!found) return { status: 'not-found' };
  if (found.dryRun)
    return {
      status: 'refused',
      code: 'nothing-to-undo',
      detail: 'A dry run changes nothing: there is nothing to undo.',
    };
  if (found.undoRequestedAt === null)
    return {
      status: 'refused',
      code: 'too-late',
      detail:
        'This import can no longer be undone: the record of its changes was deleted (RETENTION, imports).',
    };
  await enqueue('imports', { kind: 'import', importId });
  return { status: 'accepted', fresh, import: found };
}

function sum(one: Undone, other: Undone): Undone {
  return {
    removed: one.removed + other.removed,
    restored: one.restored + other.restored,
    kept: one.kept + other.kept,
    ended: one.ended + other.ended,
    suppressionsLifted: one.suppressionsLifted + other.suppressionsLifted,
    suppressionsKept: one.suppressionsKept + other.suppressionsKept,
  };
}

export interface UndoImportDeps {
  db: Db;
  now: () => Date;
  stopping?: () => boolean;
  onProgress?: (progress: Undone) => void;
}

/**
 * Takes an import back, from where an earlier worker stopped. `undoLot` takes back one lot, inside its
 * transaction.
 */
export async function undoInLots(
  {
    db,
    now,
    stopping,
    onProgress,
    undoLot,
  }: UndoImportDeps & { undoLot: (tx: Db, lot: UndoLot) => Promise<Undone> },
  { importId }: { importId: string },
): Promise<'finished' | 'not-to-do'> {
  const failure = 'Undone before it finished.';
  const taken = await takeUndo(db, importId, { now: now(), failure });
  if (!taken) return 'not-to-do';
  const { newsletterId, createdAt } = taken;
  let from = taken.undoFrom;
  let undone: Undone = { ...nothingUndone, ...taken.undone };
  for (;;) {
    const began = performance.now();
    const step = await db.transaction(async (tx) => {
      const at = now();
      const rows = await selectUndoRows(tx, { importId, from, limit: lotSize });
      const all = sum(undone, await undoLot(tx, { importId, newsletterId, createdAt, rows, now: at }));
      const next = rows[0]?.line ?? null;
      return (await advanceUndo(tx, importId, { from, next, undone: all, now: at }))
        ? { next, all }
        : undefined;
    });
    if (!step) return 'not-to-do';
    undone = step.all;
    onProgress?.(undone);
    if (step.next === null) return 'finished';
    from = step.next;
    if (stopping?.() === true) return 'not-to-do';
    if (await mailIsUnderWay(db)) await sleep(3 * (performance.now() - began));
  }
}
