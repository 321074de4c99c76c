// Somebody lets go of what the lifeline holds (lifeline.ts), and says what is to be thought of the time that the database
// does not know of:
//
//   unsent   nothing of it was sent: everything goes on as the rows say
//   sent     what was due then has been sent. Issues that were under way are uncertain for the readers that are open,
//            which no machine sends again. Readers who were due have had what was published up to their slot; what came
//            later is still before them, and others lose nothing.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Enqueue } from '../queues.js';
import { dueSlots } from '../newsletters/due-slots.js';
import * as store from '../issues/store.js';
import * as lifeline from './store.js';

export type Released =
  | { ok: true }
  | { ok: false; code: 'not-held' }
  /** What these brought in the lost time is not known again yet, and would be sent as news. */
  | { ok: false; code: 'feeds-not-polled'; feeds: number };

interface Deps {
  db: Db;
  enqueue: Enqueue;
}

/** `force`: although feeds have not been polled since. */
export async function releaseSending(
  deps: Deps,
  { as, force = false }: { as: 'sent' | 'unsent'; force?: boolean | undefined },
): Promise<Released> {
  const released = await deps.db.transaction(async (tx): Promise<Released> => {
    const held = await lifeline.lockHold(tx);
    if (held === undefined) return { ok: false, code: 'not-held' };
    if (as === 'sent') {
      const feeds = force ? 0 : await lifeline.countUnpolled(tx);
      if (feeds > 0) return { ok: false, code: 'feeds-not-polled', feeds };
      await takeForSent(tx, held);
    }
    await lifeline.resumeHeld(tx);
    await lifeline.endHold(tx);
    return { ok: true };
  });
  if (released.ok) {
    await deps.enqueue('upkeep', { kind: 'sweep' });
    await deps.enqueue('issues', { kind: 'plan' });
  }
  return released;
}

async function takeForSent(tx: Db, held: lifeline.HoldRow): Promise<void> {
  const until = held.lostUntil ?? held.heldAt;
  await lifeline.giveUpUnderWay(tx, until);
  const readingTimes = await store.selectReadingTimes(tx);
  for (const { id, plannedThrough } of await store.selectPlanned(tx)) {
    const newsletter = await getNewsletter(tx, id);
    if (newsletter === undefined) continue;
    const own = readingTimes.filter(({ newsletterId }) => newsletterId === id);
    // The planner's own memory is as old as the database's.
    const from = held.lostFrom ?? plannedThrough;
    for (const due of dueSlots(newsletter, own, from, until))
      await lifeline.markHad(tx, { newsletterId: id, heldAt: held.heldAt, ...due });
  }
  await lifeline.markPlanned(tx, until);
}
