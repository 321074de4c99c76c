// The sweep's part for confirmations: it finds what a lost queue, a dead worker or a busy relay left behind.
import type { Db } from '../db.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import { unconfirmedMs } from '../subscribers/time-limits.js';
import { expirePending, selectUnsentConfirmations } from '../subscribers/confirmations.js';

// The rest waits for the next sweep, so that a recovered queue is not flooded.
const atOnce = 1_000;

/** Enqueues confirmations that are due and unsent; returns how many the queue took. */
export async function enqueueUnsentConfirmations({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<number> {
  const unsent = await selectUnsentConfirmations(db, now(), atOnce);
  return enqueueAll(
    enqueue,
    'subscriptions',
    unsent.map((subscriptionId) => ({ kind: 'confirm' as const, subscriptionId })),
  );
}

/** Expires requests that were not confirmed in seven days; returns how many. */
export function expireUnconfirmed({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  const at = now();
  return expirePending(db, { before: new Date(at.getTime() - unconfirmedMs), now: at });
}
