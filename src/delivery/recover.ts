// The sweep: whatever died, the rows say what is left to do.
//
//   1. make uncertain what dead workers were handing over
//   2. pause issues that had too many bounces or complaints
//   3. give posts back to readers whose next issue is near: a relay deferred them until then, or their turn
//      never came, because the relays were away or a warm-up had no room
//   4. put due deferrals into a new batch
//   5. enqueue the batches that have something queued (a job that exists stays the only one)
//   6. finish the issues whose deliveries have all ended
//   7. enqueue what an admin decided about many deliveries and no worker has ended
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Log } from '../log.js';
import type { Enqueue } from '../queues.js';
import { batchWindow } from '../issues/assemble.js';
import { reopen, selectSending } from '../issues/sending.js';
import { pidSpace } from '../pid-space.js';
import { callOffRestOfCancelled, callOffSuperseded, returnExpired } from './return-posts.js';
import { readStoppedDomains } from '../providers/domain-pace.js';
import { finishIfDone } from './finish.js';
import { guardIssue } from './guard-issue.js';
import { enqueueProblemActs } from './problems/act-on-problem.js';
import { requeueDue, selectOpenBatches } from './store-batches.js';
import { abandonDeadWorkers } from './store-turn.js';
import { forgetSlowProviders } from '../providers/slowdowns.js';
import {
  endFutureSigns,
  endWorker,
  endWorkerOfInstance,
  forgetWorkers,
  insertWorker,
  touchWorker,
} from './store-workers.js';

/** A worker shows a sign of life each `heartbeat`. After `silence` it counts as dead. Milliseconds. */
export const heartbeat = 10_000;
export const silence = minute;

/** Does all these steps. Any process may call it at any time. */
export async function recover(deps: { db: Db; enqueue: Enqueue; log: Log; now: () => Date }): Promise<void> {
  const { db, enqueue, log, now } = deps;
  await endFutureSigns(db, heartbeat);
  const lost = await abandonDeadWorkers(db, silence);
  if (lost > 0)
    log.warn({ deliveries: lost }, 'delivery: a worker died in mid-hand-over; its deliveries are uncertain');
  await reopen(db, now());
  await callOffRestOfCancelled(db, now());
  const stopped = await readStoppedDomains(db);
  for (const issue of await selectSending(db)) {
    if (issue.paused || (await guardIssue(deps, issue.id))) continue;
    await callOffSuperseded(db, issue, now());
    await returnExpired(db, issue.id);
    await requeueDue(db, issue.id, now());
    const batches = await selectOpenBatches(db, issue.id, batchWindow, stopped);
    await enqueueAll(
      enqueue,
      'deliveries',
      batches.map((batch) => ({ kind: 'batch' as const, issueId: issue.id, batch })),
    );
    await finishIfDone(deps, issue.id);
  }
  await enqueueProblemActs(deps);
  await forgetWorkers(db);
  await forgetSlowProviders(db);
}

export interface RegisteredWorker {
  id: string;
  instance: string;
  /** A sign of life. */
  beat(): Promise<void>;
  /** No sign of life follows. */
  end(): Promise<void>;
}

/** Registers this process as a delivery worker. Its parent chose `instance`, a random UUID. */
export async function registerWorker(db: Db, instance: string = randomUUID()): Promise<RegisteredWorker> {
  const id = await insertWorker(db, { instance, host: hostname(), pid: process.pid, pidSpace });
  let beating: Promise<void> = Promise.resolve();
  let hasEnded = false;
  return {
    id,
    instance,
    async beat() {
      if (hasEnded) return;
      beating = touchWorker(db, id, silence / 2);
      await beating;
    },
    async end() {
      hasEnded = true;
      // A beat that arrives later would take the end back.
      await beating.catch(() => undefined);
      await endWorker(db, id);
    },
  };
}

/** The parent calls this when its worker process has ended: no silence need be waited for. */
export async function reportDeadWorker(db: Db, instance: string): Promise<void> {
  await endWorkerOfInstance(db, instance);
}
