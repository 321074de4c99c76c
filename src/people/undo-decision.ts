// Decides how the undo of an import treats each row that changed something. Pure.
//
// 1. A reader who has acted since the import keeps their state and their suppression. The reader's decision
//    outranks the file.
// 2. A subscription that the import made is removed. If the reader has had mail, it is ended instead: the
//    unsubscribe link in that mail must keep working, and its effect must last.
// 3. A subscription that the import changed is restored. If it was never confirmed before and the reader has
//    had mail, it is ended: upkeep would soon delete an unconfirmed subscription, and its link would break.
// 4. A changed name is restored, unless it has changed again since.
import type { EarlierState } from '../subscribers/undo-readers.js';
import type { UndoRow } from '../imports/undo-rows.js';

/** The present state of a row's reader. */
export interface UndoFacts {
  /** The subscription still exists. */
  isThere: boolean;
  hasActed: boolean;
  /** The reader has had mail since the import, or the deliveries that would tell were deleted. */
  isMailed: boolean;
}

export interface UndoDecision {
  removes: { ids: string[]; subscriberIds: string[] };
  restores: EarlierState[];
  ends: string[];
  renames: { subscriberId: string; was: string | null; is: string | null }[];
  /** Subscribers with a suppression that the import made and its undo may lift. */
  lifts: string[];
}

const hadNothing = ({ before }: UndoRow): boolean =>
  before?.subscription?.confirmedAt === null && before.subscription.unsubscribedAt === null;

/** Whether the row's subscription is ended instead of removed or restored. */
export const isEnded = (row: UndoRow, { isThere, isMailed, hasActed }: UndoFacts): boolean =>
  isThere && isMailed && !hasActed && (row.madeSubscription || (row.isFirstChange && hadNothing(row)));

/** `rows` must be in the order of the file. */
export function decideUndo(rows: readonly UndoRow[], factsOf: (row: UndoRow) => UndoFacts): UndoDecision {
  const decision: UndoDecision = {
    removes: { ids: [], subscriberIds: [] },
    restores: [],
    ends: [],
    renames: [],
    lifts: [],
  };
  const names = new Map<string, { was: string | null; is: string | null }>();
  for (const row of rows) {
    const facts = factsOf(row);
    const { subscriptionId, subscriberId, before } = row;
    if (facts.hasActed || subscriberId === null) continue;
    if (row.madeSuppression) decision.lifts.push(subscriberId);
    if (before?.name) {
      const { was, is } = before.name;
      names.set(subscriberId, {
        was: names.has(subscriberId) ? (names.get(subscriberId)?.was ?? null) : was,
        is,
      });
    }
    if (subscriptionId === null) continue;
    if (isEnded(row, facts)) decision.ends.push(subscriptionId);
    else if (row.madeSubscription) {
      decision.removes.ids.push(subscriptionId);
      if (row.madeSubscriber) decision.removes.subscriberIds.push(subscriberId);
    } else if (row.isFirstChange && before?.subscription)
      decision.restores.push({ id: subscriptionId, ...before.subscription });
  }
  decision.renames = [...names].map(([subscriberId, name]) => ({ subscriberId, ...name }));
  return decision;
}
