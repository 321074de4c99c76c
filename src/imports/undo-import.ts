// An import is taken back: what it made goes, what it changed is as it was, unless the reader has acted since; whoever has
// been mailed already is unsubscribed. In lots, like the import, and like it carried on by another worker if this one dies.
import { isId, type Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { importById, mailIsUnderWay, type ImportRecord, type Undone } from './store.js';
import { advanceUndo, requestUndo, takeUndo, undoLot } from './store-undo.js';
import { setTimeout as sleep } from 'node:timers/promises';

const lotSize = 2_000;

export type RequestUndoResult =
  /** `fresh` is false when it had been asked for before. */
  | { status: 'accepted'; fresh: boolean; import: ImportRecord }
  | { status: 'not-found' }
  | { status: 'refused'; code: 'nothing-to-undo' | 'too-late'; detail: string };

/** Asks a worker to take an import back; one that is running stops first. */
export async function requestUndoImport(
  { db, enqueue, now }: { db: Db; enqueue: Enqueue; now: () => Date },
  { importId }: { importId: string },
): Promise<RequestUndoResult> {
  const fresh = isId(importId) && (await requestUndo(db, importId, now()));
  const found = isId(importId) ? await importById(db, importId) : undefined;
  if (!found) return { status: 'not-found' };
  if (found.dryRun)
    return { status: 'refused', code: 'nothing-to-undo', detail: 'A dry run has changed nothing.' };
  if (found.undoRequestedAt === null)
    return {
      status: 'refused',
      code: 'too-late',
      detail: 'What this import changed is forgotten (RETENTION, imports).',
    };
  await enqueue('imports', { kind: 'import', importId });
  return { status: 'accepted', fresh, import: found };
}

const none: Undone = {
  removed: 0,
  restored: 0,
  kept: 0,
  ended: 0,
  suppressionsLifted: 0,
  suppressionsKept: 0,
};

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

/** Takes an import back, from where that stands. */
export async function undoImport(
  { db, now, stopping, onProgress }: UndoImportDeps,
  { importId }: { importId: string },
): Promise<'finished' | 'not-to-do'> {
  const failure = 'Undone before it had finished.';
  const taken = await takeUndo(db, importId, { now: now(), failure });
  if (!taken) return 'not-to-do';
  let from = taken.undoFrom;
  let undone: Undone = { ...none, ...taken.undone };
  for (;;) {
    const began = performance.now();
    const step = await db.transaction(async (tx) => {
      const at = now();
      const lot = await undoLot(tx, { importId, from, limit: lotSize, now: at });
      if (!lot) return undefined;
      const { next, ...counts } = lot;
      const all = sum(undone, counts);
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
