// Sends one batch of an issue. The steps, for one lot after the other:
//
//   1. ask for a permit: which relay takes the next lot, and how many messages of it (src/mail/relays.ts)
//   2. claim a lot: no more rows than the permit allows, none at providers that asked for less. `sending` is
//      committed before the first byte goes to a relay
//   3. exclude, in the same statement, readers who unsubscribed or were suppressed since the fan-out
//   4. compose: put each reader's parts into the holes of the variant's bytes
//   5. hand over the whole lot at once, over the relay's connections and within each provider's limit
//   6. record how each delivery ended, in the statement that claims the next lot
//
// A process that dies between 2 and 6 leaves at most one lot in `sending`. Its journal tells which of these were
// in flight (settle-dead-workers.ts); the sweep makes those uncertain, and the whole lot where no journal exists.
// Nothing here sends a message that any process has begun to send.
import { setTimeout as delay } from 'node:timers/promises';
import type { Permit } from '../mail/lane.js';
import { batchWindow } from '../issues/assemble.js';
import { selectHighestBatch } from '../issues/sending.js';
import type { Journal, LotJournal } from '../journal/write-journal.js';
import { finishIfDone } from './finish.js';
import { handOverLot, wasNotComposed, type LotDeps } from './hand-over-lot.js';
import { nextJob } from './requeue-batch.js';
import { takeTurn } from './record-and-claim.js';
import { selectBatchIssue, type BatchIssue } from './store-batches.js';
import { linkOrigins } from '../telemetry/origins.js';
import { abandonLot, type Recorded } from './store-turn.js';
import { requestPermitFor, type Spent } from './warm-up.js';
import type { Enqueue } from '../queues.js';

export interface SendDeps extends LotDeps {
  enqueue: Enqueue;
  /** Milliseconds after which a batch makes room for others: with a slow relay, a batch can take minutes. */
  timeForBatch: number;
  journal: Pick<Journal, 'openLot'>;
}

export interface BatchWork extends BatchIssue {
  issueId: string;
  batch: number;
  workerId: string;
  journal: LotJournal;
}

/**
 * The batches that this process is sending: the queue may take their job for stalled, and start it again
 * here.
 */
const underWay = new Set<string>();

/**
 * Sends one batch. Returns when it is empty, when no relay takes anything (all in trouble, or the day's
 * warm-up is used up), when the process is asked to stop, or when its time is over: then it has enqueued the
 * batch again.
 */
export async function sendBatch(
  deps: SendDeps,
  job: { issueId: string; batch: number; again?: number | undefined },
): Promise<void> {
  const { workerId } = deps;
  const { issueId, batch } = job;
  const key = `${workerId}/${issueId}/${batch}`;
  if (underWay.has(key)) return;
  underWay.add(key);
  let hasMore = false;
  const journal = deps.journal.openLot();
  try {
    hasMore = await workThrough(deps, { issueId, batch, journal });
  } catch (error) {
    await abandonLot(deps.db, { issueId, batch, workerId }).catch((err: unknown) =>
      deps.log.error({ err, issueId, batch }, 'delivery: a lot stays in `sending` until this worker ends'),
    );
    throw error;
  } finally {
    journal.close();
    underWay.delete(key);
  }
  if (hasMore) await deps.enqueue('deliveries', nextJob(job));
}

/** The next step of a batch. */
type Step =
  | { is: 'hand-over'; permit: Permit }
  /** The relays' rates are used up for so many milliseconds. */
  | { is: 'wait'; milliseconds: number }
  /** The batch has used its time, so other batches are next. */
  | { is: 'make-room' }
  | { is: 'stop' };

/** True: there is more to send, but the batch has used its time. */
async function workThrough(
  deps: SendDeps,
  { issueId, batch, journal }: { issueId: string; batch: number; journal: LotJournal },
): Promise<boolean> {
  const endsAt = performance.now() + deps.timeForBatch;
  const issue = await selectBatchIssue(deps.db, issueId);
  if (issue === undefined) return false;
  await linkOrigins(deps, 'issue', [issueId]);
  const work: BatchWork = { issueId, batch, workerId: deps.workerId, journal, ...issue };
  const spent: Spent = new Set();
  let ends: readonly Recorded[] = [];
  let hasClaimed = false;
  for (;;) {
    const step = await nextStep(deps, work, { ends, endsAt, spent });
    // Known ends are written before anything is waited for. The other readers stay queued, and the sweep
    // enqueues the batch until the relays take them.
    if (step.is !== 'hand-over') await recordEnds(deps, work, ends);
    switch (step.is) {
      case 'stop':
        return false;
      case 'make-room':
        return true;
      case 'wait':
        ends = [];
        await delay(step.milliseconds);
        break;
      case 'hand-over': {
        const ended = await handOverLot(deps, work, step.permit, ends);
        if (ended === undefined) {
          await endBatch(deps, work, hasClaimed);
          return false;
        }
        ends = ended;
        hasClaimed = true;
      }
    }
  }
}

/** Never throws: known ends are still to be written. */
async function nextStep(
  deps: SendDeps,
  work: BatchWork,
  { ends, endsAt, spent }: { ends: readonly Recorded[]; endsAt: number; spent: Spent },
): Promise<Step> {
  // If nothing of the last lot could be composed, the next lot would fare alike.
  const isStuck = ends.length > 0 && ends.every(wasNotComposed);
  if (isStuck || deps.stopping()) return { is: 'stop' };
  if (performance.now() > endsAt) return { is: 'make-room' };
  try {
    const permit = await requestPermitFor(deps, work.fromDomain, spent);
    if (permit === undefined) return { is: 'stop' };
    return 'wait' in permit ? { is: 'wait', milliseconds: permit.wait } : { is: 'hand-over', permit };
  } catch (err) {
    deps.log.warn({ err }, 'delivery: no permit from the relays; the sweep brings the batch back');
    return { is: 'stop' };
  }
}

async function recordEnds(deps: SendDeps, work: BatchWork, ends: readonly Recorded[]): Promise<void> {
  if (ends.length > 0) await takeTurn(deps, { ...work, limit: 0, notDomains: [] }, ends);
}

/** Called when nothing of the batch is left to claim. */
async function endBatch(deps: SendDeps, { issueId, batch }: BatchWork, hasClaimed: boolean): Promise<void> {
  // If nothing could be claimed (the issue is paused, or providers asked for less), the next batch could
  // claim nothing either.
  if (hasClaimed) await wakeNext(deps, issueId, batch);
  await finishIfDone(deps, issueId);
}

/** Enqueues the batch that waits behind this one. */
async function wakeNext(deps: SendDeps, issueId: string, batch: number): Promise<void> {
  const next = batch + batchWindow;
  if (next <= (await selectHighestBatch(deps.db, issueId)))
    await deps.enqueue('deliveries', { kind: 'batch', issueId, batch: next });
}
