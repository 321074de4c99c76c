// The sweep: whatever died, rows say what is still to be done.
//
//   1. what dead workers were handing over becomes uncertain
//   2. issues of which too much came back are paused
//   3. readers whom a relay put off until their next issue, and those whose turn has not come by then, as the relays were
//      away or a warm-up had no room, get their posts with that
//   4. due deferrals get a new batch
//   5. batches with something to hand over and no job get one (a job that is there stays the only one)
//   6. issues that have ended are finished
import { hostname } from 'node:os';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import type { Enqueue } from '../queues.js';
import { batchWindow } from '../issues/assemble.js';
import { reopen, selectSending } from '../issues/sending.js';
import { callOffRestOfCancelled, callOffSuperseded, returnExpired } from './return-posts.js';
import { readStoppedDomains } from './domain-pace.js';
import { finishIfDone } from './finish.js';
import { guardIssue } from './guard-issue.js';
import { requeueDue, selectOpenBatches } from './store-batches.js';
import { abandonDeadWorkers } from './store-turn.js';
import { forgetSlowdowns } from './store-domains.js';
import {
  endFutureSigns,
  endWorker,
  endWorkersOfPid,
  forgetWorkers,
  insertWorker,
  touchWorker,
} from './store-workers.js';

/** A worker says it lives each `heartbeat`; after `silence` it is taken for dead. Milliseconds. */
export const heartbeat = 10_000;
export const silence = 60_000;

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
    for (const batch of await selectOpenBatches(db, issue.id, batchWindow, stopped))
      await enqueue('deliveries', { kind: 'batch', issueId: issue.id, batch });
    await finishIfDone(deps, issue.id);
  }
  await forgetWorkers(db);
  await forgetSlowdowns(db);
}

/** Registers this process as one that delivers. */
export async function registerWorker(
  db: Db,
): Promise<{ id: string; beat(): Promise<void>; end(): Promise<void> }> {
  const id = await insertWorker(db, hostname(), process.pid);
  return {
    id,
    beat: () => touchWorker(db, id, silence / 2),
    end: () => endWorker(db, id),
  };
}

/** For the parent that saw a worker process of this machine end: no need to wait for its silence. */
export async function reportDeadWorker(db: Db, pid: number): Promise<void> {
  await endWorkersOfPid(db, hostname(), pid);
}
