import type { Db } from '../db.js';
import { pageOf, type Page } from '../paging.js';
import { selectComments, selectLeavings, type LeavingRow } from './store-leavings.js';

export type { LeavingRow } from './store-leavings.js';

/** The reasons that readers of a newsletter gave for leaving, newest first. */
export async function listLeavings(
  { db }: { db: Db },
  { newsletterId, cursor, limit }: { newsletterId: string; cursor: string | undefined; limit: number },
): Promise<Page<LeavingRow>> {
  const rows = await selectLeavings(db, { newsletterId, before: cursor ?? null, limit: limit + 1 });
  return pageOf(rows, limit);
}

/** The answers with a comment of readers who left in a period, newest first. */
export const listComments = (
  { db }: { db: Db },
  period: { newsletterId: string; from: Date; before: Date; limit: number },
): Promise<LeavingRow[]> => selectComments(db, period);
