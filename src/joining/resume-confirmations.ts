// What the sweep does for subscriptions: it finds what a lost queue, a dead worker or a busy relay left behind.
import type { Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { unconfirmedMs } from '../subscribers/time-limits.js';
import { expirePending, selectUnsentConfirmations } from '../subscribers/confirmations.js';

// More wait for the next sweep: a queue that has just come back is not flooded.
const atOnce = 1_000;

/** Enqueues every confirmation that is due and unsent; returns how many the queue took. */
export async function enqueueUnsentConfirmations({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<number> {
  let enqueued = 0;
  for (const subscriptionId of await selectUnsentConfirmations(db, now(), atOnce)) {
    // A queue that is down says so after two seconds: once is enough.
    if (!(await enqueue('subscriptions', { kind: 'confirm', subscriptionId }))) break;
    enqueued += 1;
  }
  return enqueued;
}

/** Gives up requests that nobody confirmed in seven days; returns how many. */
export function expireUnconfirmed({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  const at = now();
  return expirePending(db, { before: new Date(at.getTime() - unconfirmedMs), now: at });
}
