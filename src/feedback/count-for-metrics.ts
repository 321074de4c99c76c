// The numbers behind /metrics: what came back since the beginning, and what waits.
import type { Db } from '../db.js';
import * as store from './store.js';

export interface FeedbackCounts {
  totals: Awaited<ReturnType<typeof store.selectTotals>>;
  /** Seconds. */
  oldestUnread: number;
}

export const countFeedback = async (db: Db): Promise<FeedbackCounts> => ({
  totals: await store.selectTotals(db),
  oldestUnread: await store.selectOldestUnread(db),
});
