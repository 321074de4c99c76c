// The rows that the undo of an import reads, and the decision about each. Pure.

/** A row of an import, with what it made and what stood there before. */
export interface UndoRow {
  line: number;
  /** Null: the person has been erased. */
  subscriberId: string | null;
  subscriptionId: string | null;
  madeSubscription: boolean;
  madeSubscriber: boolean;
  madeSuppression: boolean;
  /** Null: the row changed nothing that was there. Timestamps are as PostgreSQL wrote them. */
  before: {
    subscription: Record<'confirmedAt' | 'unsubscribedAt' | 'expiredAt', string | null> | null;
    name: { was: string | null; is: string | null } | null;
  } | null;
  /** No earlier row of the import made or changed anything of the same reader. */
  isFirst: boolean;
  /** No earlier row made or changed the subscription: this one knows how it was. */
  isFirstChange: boolean;
}

/** The rows of one lot, in the order of the file. */
export interface UndoLot {
  importId: string;
  newsletterId: string;
  /** The time of the import. */
  createdAt: Date;
  rows: readonly UndoRow[];
  now: Date;
}

export interface Undone {
  /** Subscriptions that the import had made and that are removed. */
  removed: number;
  /** Subscriptions that are as before the import. */
  restored: number;
  /** Subscriptions that stay: their readers have acted since, or they were ended instead of removed. */
  kept: number;
  /** The ended ones among the kept: mailed already, so unsubscribed and not removed. */
  ended: number;
  suppressionsLifted: number;
  /** Another source wants them too. */
  suppressionsKept: number;
}

export const nothingUndone: Undone = {
  removed: 0,
  restored: 0,
  kept: 0,
  ended: 0,
  suppressionsLifted: 0,
  suppressionsKept: 0,
};
