// No reader is silently missed: if an issue was cancelled, refused by every relay, or deferred until the next
// issue was due, the reader gets its posts with that next issue.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { getIssueRow, type IssueRow } from '../issues/issue.js';
import { nextCutoff } from '../issues/next-issue.js';
import { lockFanOut } from '../issues/sending.js';
import * as store from './store-returns.js';
import { usedUp } from './warm-up.js';

/** Gives back what expired. May be called at any time. Returns how many readers got posts back. */
export async function returnExpired(db: Db, issueId: string): Promise<number> {
  if (!(await store.hasExpired(db, issueId))) return 0;
  const issue = await getIssueRow(db, issueId);
  return issue === undefined ? 0 : giveBack(db, issue, undefined);
}

/** Deliveries that were being sent when their issue was cancelled end as if they had still been queued. */
export async function callOffRestOfCancelled(db: Db, now: Date): Promise<void> {
  for (const issue of await store.selectCancelledWithRest(db, now))
    await giveBack(db, issue, { off: ['queued', 'deferred'], reason: 'cancelled' });
}

/** So long before the cut-off of the next issue. */
const leadMinutes = 5;
/** An issue with an answer within these minutes continues, however late it is. */
const stillMinutes = 10;

/**
 * Calls an issue off for readers who are still queued when their next issue is near. It does so if the
 * sender's warm-up is used up, or if nothing moved lately, because the relays were away or no worker ran.
 * They get one digest instead of two. An issue that moves continues.
 */
export async function callOffSuperseded(
  db: Db,
  { id, fromDomain }: { id: string; fromDomain: string },
  now: Date,
): Promise<number> {
  const issue = await getIssueRow(db, id);
  if (issue === undefined) return 0;
  const cutoff = await nextCutoff(db, issue);
  if (cutoff === undefined || cutoff.getTime() > now.getTime() + leadMinutes * minute) return 0;
  if (await usedUp(db, fromDomain)) return giveBack(db, issue, { off: ['queued'], reason: 'warm-up' });
  if (await store.hasMoved(db, id, new Date(now.getTime() - stillMinutes * minute))) return 0;
  return giveBack(db, issue, { off: ['queued'], reason: 'superseded' });
}

function giveBack(
  db: Db,
  issue: Pick<IssueRow, 'id' | 'newsletterId'>,
  off: Parameters<typeof store.giveBack>[2],
): Promise<number> {
  return db.transaction(async (tx) => {
    await lockFanOut(tx, issue.newsletterId);
    return store.giveBack(tx, issue.id, off);
  });
}
