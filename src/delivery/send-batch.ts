// A batch of an issue, handed over. The heart of the service:
//
//   1. ask which relay takes the next lot, and how many messages of it (src/mail/relays.ts)
//   2. claim a lot: no more rows than the relay has connections, none of providers that asked for less; `sending` is
//      committed before a byte is said
//   3. whoever unsubscribed or was suppressed since the fan-out falls out of the claim as `excluded`
//   4. compose: the variant's bytes with the reader's own put into the holes
//   5. hand over, all of the lot at once, over the relay's connections and within each provider's limits
//   6. record how each ended, in the statement that claims the next lot, until the batch has none left
//
// A process that dies between 2 and 6 leaves at most a lot in `sending`, which the sweep calls uncertain. Nothing here
// sends a message that any process has begun to send.
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import type { Relay } from '../mail/relay.js';
import type { Leave, Relays } from '../mail/relays.js';
import { decideOutcome, type HandOver } from '../mail/outcome.js';
import type { Enqueue } from '../queues.js';
import { batchWindow } from '../issues/assemble.js';
import { selectHighestBatch } from '../issues/sending.js';
import type { DomainPace } from './domain-pace.js';
import { finishIfDone } from './finish.js';
import type { Guard } from './guard-issue.js';
import type { ComposedVariant, Links } from './message.js';
import { nextTry } from './retry.js';
import { selectBatchIssue, type BatchIssue } from './store-batches.js';
import { type Claimed, type Recorded, abandonLot } from './store-turn.js';
import { takeTurn } from './record-and-claim.js';
import type { Tally } from './tally.js';
import type { VariantCache } from './variant-cache.js';
import { leaveFor, type Spent } from './warm-up.js';

export interface SendDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
  random: () => number;
  log: Log;
  relays: Pick<Relays, 'next'>;
  domains: DomainPace;
  guard: Guard;
  tally: Tally;
  links: Links;
  /** This process's row among the delivery workers. */
  workerId: string;
  /** True once the process is asked to stop: the lot under way ends, no other is claimed. */
  stopping: () => boolean;
  variants: VariantCache;
  /** Milliseconds after which a batch makes room for others: with a slow relay, one can take minutes. */
  timeForBatch: number;
}

/** Stands for the relay where nothing was said to one. */
const noRelay = '';

/** The batches that this process works through: a job that was taken for stalled comes back to whoever has it. */
const underWay = new Set<string>();

/**
 * Works through one batch. Returns when it is empty, when every relay is in trouble or has had its day's warm-up, when
 * asked to stop, or when it is the turn of other batches: then this one has a job again, behind theirs.
 */
export async function sendBatch(
  deps: SendDeps,
  { again, ...batch }: { issueId: string; batch: number; again?: true | undefined },
): Promise<void> {
  const { workerId } = deps;
  const key = `${workerId}/${batch.issueId}/${batch.batch}`;
  if (underWay.has(key)) return;
  underWay.add(key);
  let rest = false;
  try {
    rest = await workThrough(deps, batch);
  } catch (error) {
    await abandonLot(deps.db, { ...batch, workerId }).catch(() => undefined);
    throw error;
  } finally {
    underWay.delete(key);
  }
  // By turns with and without `again`: the job that ends here keeps its id until it has ended.
  if (rest) await deps.enqueue('deliveries', { kind: 'batch', ...batch, ...(again ? {} : { again: true }) });
}

/** True: there is more to do at once, but its time is over. */
async function workThrough(
  deps: SendDeps,
  { issueId, batch }: { issueId: string; batch: number },
): Promise<boolean> {
  const over = performance.now() + deps.timeForBatch;
  const issue = await selectBatchIssue(deps.db, issueId);
  if (issue === undefined) return false;
  const work: BatchWork = { issueId, batch, workerId: deps.workerId, ...issue };
  let ends: Recorded[] | undefined = [];
  const spent: Spent = new Set();
  let claimed = false;
  do {
    const rest = performance.now() > over;
    const leave = goesOn(deps, ends) && !rest ? await nextLeave(deps, work.fromDomain, spent) : undefined;
    if (leave !== undefined && 'limit' in leave) {
      ends = await handOverLot(deps, work, leave, ends);
      claimed ||= ends !== undefined;
      continue;
    }
    // No lot for now: what is known is written before anything is waited for. What is not handed over stays queued,
    // and the sweep brings the batch back until the relays take it.
    if (ends.length > 0) await takeTurn(deps, { ...work, limit: 0, notDomains: [] }, ends);
    if (leave === undefined) return rest && goesOn(deps, ends);
    ends = [];
    await delay(leave.wait);
  } while (ends !== undefined);
  // A batch of which nothing could be claimed (paused, or providers stopped) wakes no other that would fare alike.
  if (claimed) await wakeNext(deps, issueId, batch);
  await finishIfDone(deps, issueId);
  return false;
}

/** Never throws: what is known is still to be written. */
function nextLeave(...asked: Parameters<typeof leaveFor>): ReturnType<typeof leaveFor> {
  return leaveFor(...asked).catch((err: unknown) => {
    asked[0].log.warn({ err }, 'delivery: no leave from the relays; the sweep brings the batch back');
    return undefined;
  });
}

interface BatchWork extends BatchIssue {
  issueId: string;
  batch: number;
  workerId: string;
}

/** Not if nothing of the last lot could be composed: the next would be no different. */
function goesOn(deps: SendDeps, ends: readonly Recorded[]): boolean {
  const stuck = ends.length > 0 && ends.every(({ state, relay }) => state === 'queued' && relay === noRelay);
  return !stuck && !deps.stopping();
}

/** Writes `ends`, claims the next lot and hands it over. Returns how it ended, or undefined: nothing was left. */
async function handOverLot(
  deps: SendDeps,
  work: BatchWork,
  leave: Leave,
  ends: readonly Recorded[],
): Promise<Recorded[] | undefined> {
  let handOvers: { delivery: Claimed; handOver: HandOver }[] = [];
  try {
    const notDomains = await deps.domains.stopped(leave.relay.wantsDomainLimits);
    const lot = await takeTurn(deps, { ...work, limit: leave.limit, notDomains }, ends);
    if (lot.length === 0) return undefined;
    const claimed = lot.filter(({ state }) => state === 'sending');
    handOvers = await Promise.all(
      claimed.map(async (delivery) => ({
        delivery,
        handOver: await handOverTo(deps, leave.relay, delivery),
      })),
    );
  } finally {
    leave.ended(
      handOvers
        .filter(({ delivery, handOver }) => handOver.relay !== noRelay && !isOwnTrouble(delivery, handOver))
        .map(({ handOver }) => handOver),
    );
  }
  const heard = handOvers.map(({ delivery, handOver }) => ({
    address: delivery.address,
    handOver,
    end: endOf(deps, work, delivery, handOver),
  }));
  const ended = heard.map(({ end }) => end);
  await deps.domains.learn(heard);
  await deps.guard.watch(work, ended);
  deps.tally.count(work.issueId, heard);
  return ended;
}

/** Wakes the batch that waits behind this one. */
async function wakeNext(deps: SendDeps, issueId: string, batch: number): Promise<void> {
  const next = batch + batchWindow;
  if (next <= (await selectHighestBatch(deps.db, issueId)))
    await deps.enqueue('deliveries', { kind: 'batch', issueId, batch: next });
}

function endOf(deps: SendDeps, { retryUntil }: BatchWork, claimed: Claimed, handedOver: HandOver): Recorded {
  const outcome = decideOutcome(handedOver);
  const told = {
    subscriberId: claimed.subscriberId,
    attempt: claimed.attempts,
    dueAt: null,
    relay: handedOver.relay,
    stage: 'stage' in handedOver ? handedOver.stage : 'message',
    code: 'code' in handedOver ? handedOver.code : null,
    reply: 'reply' in handedOver ? handedOver.reply : handedOver.error,
    reason: null,
  };
  switch (outcome.outcome) {
    case 'accepted':
      return { ...told, state: 'accepted' };
    case 'uncertain':
      return { ...told, state: 'uncertain', reason: 'no-reply' };
    case 'refused':
      return { ...told, state: 'refused', reason: outcome.reason };
    case 'relay-trouble':
      if (isOwnTrouble(claimed, handedOver)) return putOff();
      // Tried again at once. A reason says that the try counts.
      return { ...told, state: 'queued', reason: wasNamed(handedOver) ? 'relay-trouble' : null };
    case 'deferred':
      return putOff();
  }

  function putOff(): Recorded {
    const dueAt = nextTry(claimed.attempts, deps.now(), retryUntil ?? deps.now(), deps.random());
    return dueAt ? { ...told, state: 'deferred', dueAt } : { ...told, state: 'refused', reason: 'expired' };
  }
}

/** The relay had heard of the reader when it was in trouble; up to MAIL it knows of nobody. */
const wasNamed = (handOver: HandOver): boolean =>
  'stage' in handOver && ['rcpt', 'data', 'message'].includes(handOver.stage);

/**
 * A reader with whom a relay was in trouble more than once may be the reason: an address that a filter breaks on. They are
 * put off like any other, and what the relay said of them says nothing of the relay: everybody else goes on.
 */
function isOwnTrouble({ attempts }: Claimed, handOver: HandOver): boolean {
  return attempts > 1 && wasNamed(handOver) && decideOutcome(handOver).outcome === 'relay-trouble';
}

async function handOverTo(deps: SendDeps, relay: Relay, claimed: Claimed): Promise<HandOver> {
  let variant: ComposedVariant;
  try {
    variant = await deps.variants.get(claimed.variantId, claimed.plainText);
  } catch (error) {
    // Nothing has been said to a relay: the readers stay queued, and the log has the reason.
    deps.log.error({ err: error, variantId: claimed.variantId }, 'delivery: could not compose a variant');
    return { ended: 'lost', relay: noRelay, stage: 'connect', error: 'could not compose the message' };
  }
  try {
    const data = variant.dataFor(claimed, relay.wantsDkim);
    const handOver = () => relay.handOver({ from: variant.senderFor(claimed), to: claimed.address }, data);
    return await (relay.wantsDomainLimits ? deps.domains.within(claimed.address, handOver) : handOver());
  } catch (error) {
    // One reader whose address cannot stand in a message must not hold up the others.
    deps.log.error(
      { err: error, subscriberId: claimed.subscriberId },
      'delivery: could not compose for a reader',
    );
    return {
      ended: 'unfit',
      relay: noRelay,
      error: 'the message could not be composed for this address',
    };
  }
}
