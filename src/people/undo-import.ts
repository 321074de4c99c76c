// Undoes an import, lot by lot (src/imports/undo-import.ts). Each lot is one transaction:
//
// 1. Find the readers who have acted since the import.
// 2. Exclude the queued mail of readers whom the import made. Then read again which readers have had mail and
//    which have acted: after the exclusion no further mail goes out to them.
// 3. Decide for each row (undo-decision.ts).
// 4. Lift suppressions, restore names, and end, restore and remove subscriptions.
import type { Db } from '../db.js';
import { excludeQueued, selectBounced, selectMailed } from '../delivery/ledger.js';
import { day } from '../durations.js';
import { undoInLots, type UndoImportDeps } from '../imports/undo-import.js';
import type { UndoLot, Undone, UndoRow } from '../imports/undo-rows.js';
import {
  endForUndo,
  liftSuppressions,
  lockSubscriptions,
  removeSubscriptions,
  restoreNames,
  restoreSubscriptions,
  selectActedSince,
} from '../subscribers/undo-readers.js';
import { decideUndo, isEnded, type UndoFacts } from './undo-decision.js';

const hasTrace = (row: UndoRow): boolean =>
  row.madeSubscription || row.madeSubscriber || row.madeSuppression || row.before !== null;

/** Undoes an import, or continues an undo that was interrupted. */
export function undoImport(
  deps: UndoImportDeps,
  asked: { importId: string },
): Promise<'finished' | 'not-to-do'> {
  return undoInLots({ ...deps, undoLot }, asked);
}

async function undoLot(tx: Db, lot: UndoLot): Promise<Undone> {
  const { importId, now } = lot;
  // A row that changed nothing needs no undo.
  const rows = lot.rows.filter(hasTrace);
  const factsOf = await gatherFacts(tx, lot, rows);
  const { lifts, ...decision } = decideUndo(rows, factsOf);
  // Lift suppressions before removing subscribers: the subscriber's address is the key to the suppression.
  const bounced = await selectBounced(tx, lifts);
  const lifted = await liftSuppressions(tx, {
    importId,
    subscriberIds: lifts.filter((id) => !bounced.has(id)),
  });
  const renamed = new Set(await restoreNames(tx, decision.renames));
  await endForUndo(tx, { importId, ids: decision.ends, now });
  const restored = new Set(await restoreSubscriptions(tx, { importId, states: decision.restores, now }));
  const removed = await removeSubscriptions(tx, decision.removes);

  const first = rows.filter(({ isFirst }) => isFirst);
  const ended = first.filter((row) => isEnded(row, factsOf(row))).length;
  const acted = first.filter((row) => factsOf(row).isThere && factsOf(row).hasActed).length;
  const wanted = new Set(
    rows.flatMap(({ madeSuppression, subscriberId }) =>
      madeSuppression && subscriberId ? [subscriberId] : [],
    ),
  );
  return {
    removed,
    restored: first.filter(
      (row) =>
        !row.madeSubscription &&
        !isEnded(row, factsOf(row)) &&
        (restored.has(row.subscriptionId ?? '') || renamed.has(row.subscriberId ?? '')),
    ).length,
    kept: acted + ended,
    ended,
    suppressionsLifted: lifted,
    suppressionsKept: wanted.size - lifted,
  };
}

async function gatherFacts(
  tx: Db,
  { importId, newsletterId, createdAt, now }: UndoLot,
  rows: readonly UndoRow[],
): Promise<(row: UndoRow) => UndoFacts> {
  const subscriptionIds = rows.flatMap(({ subscriptionId }) => subscriptionId ?? []);
  const subscriberIds = rows.flatMap(({ subscriberId }) => subscriberId ?? []);
  const actedBefore = await selectActedSince(tx, { importId, subscriptionIds });
  const made = rows.filter((row) => row.madeSubscription && !actedBefore.has(row.subscriptionId ?? ''));
  // Lock deliveries first, then subscriptions: the code that returns posts locks in the same order.
  await excludeQueued(tx, {
    newsletterId,
    subscriberIds: made.flatMap(({ subscriberId }) => subscriberId ?? []),
    now,
  });
  const there = await lockSubscriptions(tx, subscriptionIds);
  const acted = await selectActedSince(tx, { importId, subscriptionIds });
  // The margin of a day allows for clocks that differ between machines.
  const since = new Date(createdAt.getTime() - day);
  const mailed = await selectMailed(tx, { newsletterId, since, subscriberIds });
  return ({ subscriptionId, subscriberId }) => ({
    isThere: there.has(subscriptionId ?? ''),
    hasActed: acted.has(subscriptionId ?? ''),
    isMailed: mailed.has(subscriberId ?? ''),
  });
}
