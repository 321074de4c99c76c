// The actions of all features when sending is held because the database was restored
// (src/lifeline/lifeline.ts), and when a person ends the hold. That person says whether the digests of the
// time that the database has lost were sent:
//
//   unsent   they were not: everything continues as the rows say
//   sent     they were. The open deliveries of issues that were under way become uncertain, which no machine
//          sends again.
//            Readers who were due have had the posts published up to their slot; later posts are still to
//            come, and other readers lose nothing.
import type { Db } from './db.js';
import { callUncertain } from './delivery/ledger.js';
import { countUnpolled, pollAllAgain } from './feeds/poll-all-again.js';
import { markHad } from './subscribers/mark-had.js';
import { cancelUnsent, pauseForHold, resumeHeld, selectHeld } from './issues/sending.js';
import { endHold } from './lifeline/end-hold.js';
import type { HoldRow } from './lifeline/lifeline.js';
import { eachPlanned } from './newsletters/each-planned.js';
import { planAllThrough } from './newsletters/watermarks.js';
import type { Enqueue } from './queues.js';

/**
 * Pauses the issues under way, and has every feed polled: what came in the lost time is to be known again.
 */
export async function stopSending(
  tx: Db,
  { reason, first }: { reason: string; first: boolean },
): Promise<void> {
  await pauseForHold(tx, reason);
  if (first) await pollAllAgain(tx);
}

export type Released =
  | { ok: true }
  | { ok: false; code: 'not-held' }
  /**
   * The posts that these feeds brought in the lost time are not known again yet, and would be sent as news.
   */
  | { ok: false; code: 'feeds-not-polled'; feeds: number };

/** Ends the hold. `force`: although feeds have not been polled since. */
export async function releaseSending(
  deps: { db: Db; enqueue: Enqueue; now: () => Date },
  { as, force = false }: { as: 'sent' | 'unsent'; force?: boolean | undefined },
): Promise<Released> {
  const released = await endHold<Extract<Released, { code: 'feeds-not-polled' }>>(
    deps.db,
    async (tx, held) => {
      const feeds = as === 'sent' && !force ? await countUnpolled(tx, held.heldAt) : 0;
      if (feeds > 0) return { ok: false, code: 'feeds-not-polled', feeds };
      if (as === 'sent') await takeForSent(tx, held);
      await resumeHeld(tx, deps.now());
      return undefined;
    },
  );
  if (released.ok) {
    await deps.enqueue('upkeep', { kind: 'sweep' });
    await deps.enqueue('issues', { kind: 'plan' });
  }
  return released;
}

async function takeForSent(tx: Db, { heldAt, lostFrom, lostUntil }: HoldRow): Promise<void> {
  const until = lostUntil ?? heldAt;
  await callUncertain(tx, await selectHeld(tx));
  await cancelUnsent(tx, until);
  for (const { newsletter, plannedThrough, slots } of await eachPlanned(tx))
    // Without lostFrom the planner's own watermark says it: it is as old as the database.
    for (const due of slots(lostFrom ?? plannedThrough, until))
      await markHad(tx, { newsletterId: newsletter.id, heldAt, ...due });
  await planAllThrough(tx, until);
}
