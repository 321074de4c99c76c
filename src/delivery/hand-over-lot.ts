// One lot: claim it, hand it over, and decide how each delivery ended (steps 2 to 5 of send-batch.ts).
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db.js';
import { inWords } from '../languages/said-error.js';
import type { Log } from '../log.js';
import { unfitHere, type HandOver, type Unfit } from '../mail/outcome.js';
import type { Relay } from '../mail/relay.js';
import type { Permit } from '../mail/lane.js';
import type { Relays } from '../mail/relays.js';
import { endOf, isOwnTrouble, noRelay } from './delivery-end.js';
import type { DomainPace } from '../providers/domain-pace.js';
import type { Guard } from './guard-issue.js';
import type { ComposedVariant, Links } from './message.js';
import type { LotJournal } from '../journal/write-journal.js';
import { inStep } from '../telemetry/trace.js';
import { takeTurn, type NoteRefusals } from './record-and-claim.js';
import type { Claimed, Recorded } from './store-turn.js';
import type { ProgressRecorder } from './record-progress.js';
import type { VariantCache } from './variant-cache.js';

export interface LotDeps {
  db: Db;
  now: () => Date;
  random: () => number;
  log: Log;
  relays: Pick<Relays, 'requestPermit' | 'circuits'>;
  domains: DomainPace;
  guard: Guard;
  progress: ProgressRecorder;
  noteRefusals: NoteRefusals;
  links: Links;
  /** This process's row among the delivery workers. */
  workerId: string;
  /** True once the process is asked to stop: the lot under way ends, and no other is claimed. */
  stopping: () => boolean;
  variants: VariantCache;
}

interface LotWork {
  issueId: string;
  batch: number;
  workerId: string;
  retryUntil: Date | null;
  resumedAt: Date | null;
  journal: LotJournal;
}

interface HandedOver {
  delivery: Claimed;
  handOver: HandOver;
  end: Recorded;
}

/** True: the message could not be composed, so that no relay heard of it. */
export const wasNotComposed = ({ state, relay }: Recorded): boolean =>
  state === 'queued' && relay === noRelay;

/**
 * Writes `ends` of the lot before, claims the next lot and hands it over. Returns how its deliveries ended,
 * which the caller must write; undefined: nothing was left to claim.
 */
export function handOverLot(
  deps: LotDeps,
  work: LotWork,
  permit: Permit,
  ends: readonly Recorded[],
): Promise<Recorded[] | undefined> {
  const about = { 'digest.issue_id': work.issueId, 'digest.batch': work.batch };
  return inStep(
    'hand over lot',
    about,
    async (span) => {
      const ended = await claimAndHandOver(deps, work, permit, ends);
      span.note({ 'digest.relay': permit.relay.name, ...countsOf(ended ?? []) });
      return ended;
    },
    'client',
  );
}

/** {'digest.accepted': 19, 'digest.deferred': 1, …}: one span has the counts of all its messages. */
function countsOf(ends: readonly Recorded[]): Record<string, number> {
  const counts: Record<string, number> = { 'digest.messages': ends.length };
  for (const { state } of ends) counts[`digest.${state}`] = (counts[`digest.${state}`] ?? 0) + 1;
  return counts;
}

async function claimAndHandOver(
  deps: LotDeps,
  work: LotWork,
  permit: Permit,
  ends: readonly Recorded[],
): Promise<Recorded[] | undefined> {
  let handedOver: HandedOver[] = [];
  try {
    const notDomains = await deps.domains.stopped(permit.relay.wantsDomainLimits);
    const lot = await takeTurn(deps, { ...work, limit: permit.limit, notDomains }, ends);
    work.journal.nextLot();
    if (lot.length === 0) return undefined;
    const claimed = lot.filter(({ state }) => state === 'sending');
    handedOver = await Promise.all(
      claimed.map((delivery) => handOverAndDecide(deps, work, permit.relay, delivery)),
    );
  } finally {
    permit.ended(
      handedOver.filter((one) => saysSomethingOf(permit.relay, one)).map(({ handOver }) => handOver),
    );
  }
  return learn(deps, work, handedOver);
}

/** Hands one message over, decides how its delivery ended, and writes that to the journal. */
async function handOverAndDecide(
  deps: LotDeps,
  { issueId, retryUntil, journal }: LotWork,
  relay: Relay,
  delivery: Claimed,
): Promise<HandedOver> {
  const { subscriberId, attempts: attempt } = delivery;
  const handOver = await handOverTo(deps, relay, delivery, () =>
    journal.began({ issueId, subscriberId, attempt }),
  );
  const end = endOf(delivery, handOver, { now: deps.now(), retryUntil, random: deps.random() });
  journal.ended({ issueId, ...end });
  return { delivery, handOver, end };
}

/** Another relay may have taken the message, or none heard of it. */
const saysSomethingOf = ({ name }: Relay, { delivery, handOver }: HandedOver): boolean =>
  handOver.relay === name && !isOwnTrouble(delivery, handOver);

/** Reports how each delivery ended to the pace of the providers, the guard and the statistics. */
async function learn(deps: LotDeps, work: LotWork, handedOver: readonly HandedOver[]): Promise<Recorded[]> {
  const heard = handedOver.map(({ delivery: { address }, handOver, end }) => ({ address, handOver, end }));
  const ends = heard.map(({ end }) => end);
  await deps.domains.learn(heard);
  await deps.guard.watch(work, ends);
  deps.progress.count(work.issueId, heard);
  return ends;
}

async function handOverTo(
  deps: LotDeps,
  relay: Relay,
  claimed: Claimed,
  mayBegin: () => Promise<boolean>,
): Promise<HandOver> {
  let variant: ComposedVariant;
  try {
    variant = await deps.variants.get(claimed.variantId, claimed);
  } catch (error) {
    // No relay heard anything: the readers stay queued, and the log has the reason.
    deps.log.error({ err: error, variantId: claimed.variantId }, 'delivery: could not compose a variant');
    return { ended: 'lost', relay: noRelay, stage: 'connect', ...inWords({ key: 'handOver.notComposed' }) };
  }
  try {
    const handedOver = await handOverVariant(deps, relay, { variant, claimed, mayBegin });
    return handedOver.ended === 'unfit' && handedOver.lacks !== undefined
      ? await handOverElsewhere(deps, handedOver, relay, (other) =>
          handOverVariant(deps, other, { variant, claimed, mayBegin }),
        )
      : handedOver;
  } catch (error) {
    // One reader whose address fits no message must not hold up the others.
    deps.log.error(
      { err: error, subscriberId: claimed.subscriberId },
      'delivery: could not compose for a reader',
    );
    return {
      ended: 'unfit',
      relay: noRelay,
      ...inWords({ key: 'handOver.notComposedFor' }),
    };
  }
}

function handOverVariant(
  { domains }: LotDeps,
  relay: Relay,
  {
    variant,
    claimed,
    mayBegin,
  }: { variant: ComposedVariant; claimed: Claimed; mayBegin: () => Promise<boolean> },
): Promise<HandOver> {
  const data = variant.dataFor(claimed, relay.wantsDkim);
  const envelope = { from: variant.senderFor(claimed, relay.wantsVerp), to: claimed.address };
  const handOver = () => relay.handOver(envelope, data, mayBegin);
  return relay.wantsDomainLimits ? domains.within(claimed.address, handOver) : handOver();
}

/** The lot's relay lacks an extension that the address needs: tries each other relay once. */
async function handOverElsewhere(
  { relays }: LotDeps,
  unfit: Unfit,
  relay: Relay,
  handOver: (relay: Relay) => Promise<HandOver>,
): Promise<HandOver> {
  const tried = new Set([relay]);
  for (;;) {
    const permit = await relays.requestPermit({ single: true, without: tried });
    if (permit === undefined) return unfitHere(unfit, relays.circuits());
    if ('wait' in permit) {
      await delay(permit.wait);
      continue;
    }
    tried.add(permit.relay);
    let ended: HandOver | undefined;
    try {
      ended = await handOver(permit.relay);
    } finally {
      permit.ended(ended === undefined ? [] : [ended]);
    }
    if (ended.ended !== 'unfit' || ended.lacks === undefined) return ended;
  }
}
