import type { Db } from '../db.js';
import { pageOf, type Page } from '../paging.js';
import { selectLeavings, type LeavingRow } from './store-leavings.js';

/** The reasons that readers of a newsletter gave for leaving, newest first. */
export async function listLeavings(
  { db }: { db: Db },
  { newsletterId, cursor, limit }: { newsletterId: string; cursor: string | undefined; limit: number },
): Promise<Page<LeavingRow>> {
  const rows = await selectLeavings(db, { newsletterId, before: cursor ?? null, limit: limit + 1 });
  return pageOf(rows, limit);
}
