// "Nobody is silently missed": a reader whose relay put the digest off until their next one was due gets its posts with
// that one.
import type { Db } from '../db.js';
import { holdFanOut } from '../issues/hold-fan-out.js';
import { getIssueRow } from '../issues/get-issue.js';
import * as store from './store-returns.js';

/** Call it as often as you like. Returns how many readers have posts before them again. */
export async function returnExpired(db: Db, issueId: string): Promise<number> {
  if (!(await store.hasExpired(db, issueId))) return 0;
  const issue = await getIssueRow(db, issueId);
  if (issue === undefined) return 0;
  return db.transaction(async (tx) => {
    await holdFanOut(tx, issue.newsletterId);
    return store.giveBackExpired(tx, issueId);
  });
}
