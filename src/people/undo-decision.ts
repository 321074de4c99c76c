// What the undo of an import does with each row that the import changed anything by. Pure.
//
// 1. A reader who has acted since the import stays as they are, and so does their suppression: they decide,
//    not the file.
// 2. A subscription that the import made is removed. If it was mailed, it is ended instead: the link in that
//    mail leads to the subscription, and leaving by it must last.
// 3. A subscription that the import changed is put back. If it was only ever unconfirmed before, and was
//    mailed, it is ended as well: an unconfirmed one would be forgotten soon, with its link.
// 4. A changed name is put back, unless it has been changed again.
import type { EarlierState } from '../subscribers/undo-readers.js';
import type { UndoRow } from '../imports/undo-rows.js';

/** What is known of a row's reader now. */
export interface UndoFacts {
  /** The subscription still exists. */
  isThere: boolean;
  hasActed: boolean;
  /** They were mailed since the import, or nobody knows any more. */
  isMailed: boolean;
}

export interface UndoDecision {
  removes: { ids: string[]; subscriberIds: string[] };
  restores: EarlierState[];
  ends: string[];
  renames: { subscriberId: string; was: string | null; is: string | null }[];
  /** The subscribers whose suppression the import made and may take back. */
  lifts: string[];
}

const hadNothing = ({ before }: UndoRow): boolean =>
  before?.subscription?.confirmedAt === null && before.subscription.unsubscribedAt === null;

/** Whether the row's subscription is ended, rather than removed or put back. */
export const isEnded = (row: UndoRow, { isThere, isMailed, hasActed }: UndoFacts): boolean =>
  isThere && isMailed && !hasActed && (row.madeSubscription || (row.isFirstChange && hadNothing(row)));

/** `rows` are in the order of the file. */
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
