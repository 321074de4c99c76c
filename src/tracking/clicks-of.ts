// The clicks of a person: for an export of their data, and when two subscriptions become one.
import type { Db } from '../db.js';
import * as store from './store.js';

export const clicksOf = (db: Db, subscriberId: string): Promise<store.KeptClick[]> =>
  store.selectClicksOf(db, subscriberId);

/** Inside the transaction that folds one subscription into the other, before the first is deleted. */
export const moveClicks = (tx: Db, move: { from: string; to: string }): Promise<void> =>
  store.giveClicks(tx, move);
