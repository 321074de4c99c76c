// "Nobody is silently missed": a reader who did not get an issue, as it was cancelled, as no relay took it or as it was put
// off until their next one was due, gets its posts with that one.
import type { Db } from '../db.js';
import { getIssueRow, type IssueRow } from '../issues/issue.js';
import { nextCutoff } from '../issues/next-issue.js';
import { lockFanOut } from '../issues/sending.js';
import * as store from './store-returns.js';
import { usedUp } from './warm-up.js';

/** Gives back what expired. Call it as often as you like. Returns how many readers have posts before them again. */
export async function returnExpired(db: Db, issueId: string): Promise<number> {
  if (!(await store.hasExpired(db, issueId))) return 0;
  const issue = await getIssueRow(db, issueId);
  return issue === undefined ? 0 : giveBack(db, issue, undefined);
}

/** What was handed over while its issue was cancelled ends as if it had waited for its turn. */
export async function callOffRestOfCancelled(db: Db, now: Date): Promise<void> {
  for (const issue of await store.selectCancelledWithRest(db, now))
    await giveBack(db, issue, { off: ['queued', 'deferred'], reason: 'cancelled' });
}

/** Before the posts of the next issue are fixed, by as much. */
const leadMinutes = 5;
/** An issue of which somebody was heard within these goes on, however late it is. */
const stillMinutes = 10;

/**
 * Calls an issue off for those whose turn has not come, once their next one is near: where the sender's warm-up is used
 * up, or where nothing has moved of late, as the relays were away or nobody ran a worker. What would have come as the
 * second of two digests comes as a part of one. An issue that moves goes on.
 */
export async function callOffSuperseded(
  db: Db,
  { id, fromDomain }: { id: string; fromDomain: string },
  now: Date,
): Promise<number> {
  const issue = await getIssueRow(db, id);
  if (issue === undefined) return 0;
  const cutoff = await nextCutoff(db, issue);
  if (cutoff === undefined || cutoff.getTime() > now.getTime() + leadMinutes * 60_000) return 0;
  if (await usedUp(db, fromDomain)) return giveBack(db, issue, { off: ['queued'], reason: 'warm-up' });
  if (await store.hasMoved(db, id, new Date(now.getTime() - stillMinutes * 60_000))) return 0;
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
