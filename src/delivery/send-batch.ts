// A batch of an issue, handed over. The heart of the service:
//
//   1. claim a lot: no more rows than the relay has connections; `sending` is committed before a byte is said
//   2. whoever unsubscribed or was suppressed since the fan-out falls out of the claim as `excluded`
//   3. compose: the variant's bytes with the reader's own put into the holes
//   4. hand over, all of the lot at once, over the relay's connections
//   5. record how each ended, in the statement that claims the next lot, until the batch has none left
//
// A process that dies between 1 and 5 leaves at most a lot in `sending`, which the sweep calls uncertain. Nothing here
// sends a message that any process has begun to send.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import type { Signer } from '../mail/dkim.js';
import type { Relay } from '../mail/relay.js';
import { decideOutcome, type HandOver } from '../mail/outcome.js';
import type { Enqueue } from '../queues.js';
import { batchWindow } from '../issues/assemble.js';
import { finishIfDone } from './finish.js';
import { composeVariant, type ComposedVariant, type Links } from './message.js';
import { nextTry } from './retry.js';
import * as store from './store.js';

export interface SendDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
  random: () => number;
  log: Log;
  relay: Relay;
  links: Links;
  /** This process's row among the delivery workers. */
  workerId: string;
  /** True once the process is asked to stop: the lot under way ends, no other is claimed. */
  stopping: () => boolean;
  variants: VariantCache;
}

export interface VariantCache {
  get(variantId: string): Promise<ComposedVariant>;
}

// Composed variants in memory, 100 kB each.
const cachedVariants = 32;

/** Variants composed once for this process and shared by all lots that need them. */
export function createVariantCache(deps: {
  db: Db;
  links: Links;
  signer?: Signer | undefined;
}): VariantCache {
  const composed = new Map<string, Promise<ComposedVariant>>();
  const load = async (id: string) => {
    const row = await store.selectVariant(deps.db, id);
    if (row === undefined) throw new Error(`variant ${id} is gone`);
    const from = { name: row.fromName, address: row.fromAddress };
    return composeVariant({ ...row, from }, deps.links, deps.signer);
  };
  return {
    get(id) {
      const found = composed.get(id);
      if (found) return found;
      const [oldest] = composed.keys();
      if (oldest !== undefined && composed.size >= cachedVariants) composed.delete(oldest);
      const made = load(id);
      composed.set(id, made);
      made.catch(() => composed.delete(id));
      return made;
    },
  };
}

/** Works through one batch. Returns when it is empty, when the relay is in trouble, or when asked to stop. */
export async function sendBatch(
  deps: SendDeps,
  { issueId, batch }: { issueId: string; batch: number },
): Promise<void> {
  const retryUntil = (await store.selectRetryUntil(deps.db, issueId)) ?? deps.now();
  let ends: store.Recorded[] = [];
  for (;;) {
    // After trouble the rest of the batch stays queued; the sweep tries again when the relay has had time.
    const last = deps.stopping() || ends.some((end) => end.state === 'queued');
    const limit = last ? 0 : deps.relay.connections;
    const lot = await store.turn(deps.db, { issueId, batch, limit, workerId: deps.workerId }, ends);
    if (last) return;
    if (lot.length === 0) break;
    const claimed = lot.filter(({ state }) => state === 'sending');
    ends = await Promise.all(claimed.map((delivery) => deliver(deps, retryUntil, delivery)));
  }
  await continueWith(deps, issueId, batch);
}

/** Wakes the batch that waits behind this one, or ends the issue. */
async function continueWith(deps: SendDeps, issueId: string, batch: number): Promise<void> {
  const next = batch + batchWindow;
  if (next <= (await store.selectHighestBatch(deps.db, issueId)))
    await deps.enqueue('deliveries', { kind: 'batch', issueId, batch: next });
  await finishIfDone(deps, issueId);
}

async function deliver(deps: SendDeps, retryUntil: Date, claimed: store.Claimed): Promise<store.Recorded> {
  const handOver = await handOverTo(deps, claimed);
  const outcome = decideOutcome(handOver);
  const told = {
    subscriberId: claimed.subscriberId,
    attempt: claimed.attempts,
    dueAt: null,
    relay: handOver.relay,
    stage: 'stage' in handOver ? handOver.stage : 'message',
    code: 'code' in handOver ? handOver.code : null,
    reply: 'reply' in handOver ? handOver.reply : handOver.error,
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
      deps.log.warn({ handOver }, 'delivery: the relay is in trouble');
      return { ...told, state: 'queued' };
    case 'deferred': {
      const dueAt = nextTry(claimed.attempts, deps.now(), retryUntil, deps.random());
      return dueAt ? { ...told, state: 'deferred', dueAt } : { ...told, state: 'refused', reason: 'expired' };
    }
  }
}

async function handOverTo(deps: SendDeps, claimed: store.Claimed): Promise<HandOver> {
  const relay = deps.relay.name;
  let variant: ComposedVariant;
  try {
    variant = await deps.variants.get(claimed.variantId);
  } catch (error) {
    // Nothing has been said to the relay: the readers stay queued, and the log has the reason.
    deps.log.error({ err: error, variantId: claimed.variantId }, 'delivery: could not compose a variant');
    return { ended: 'lost', relay, stage: 'connect', error: 'could not compose the message' };
  }
  try {
    const data = variant.dataFor(claimed, deps.relay.wantsDkim);
    return await deps.relay.handOver({ from: variant.senderFor(claimed), to: claimed.address }, data);
  } catch (error) {
    // One reader whose address cannot stand in a message must not hold up the others.
    deps.log.error(
      { err: error, subscriberId: claimed.subscriberId },
      'delivery: could not compose for a reader',
    );
    return { ended: 'unfit', relay, error: 'the message could not be composed for this address' };
  }
}
