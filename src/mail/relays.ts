// The relays of a process, and which of them takes the next lot.
//
//   1. those whose circuit is open are left out, and for lots those of whose connections this process has no share; one
//      whose circuit is half open takes a single message
//   2. of the others the one that has had the fewest messages for its weight
//   3. a relay with a rate takes no more than it has permits for, which all workers of all machines share
//
// A lot goes to one relay. When that is in trouble the lot's readers are queued again, its circuit is open, and so the
// next lot goes to another. Circuits are this process's own: each finds out by itself, at the cost of a lot.
import type { RelayConfig } from '../config/relays.js';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { afterLot, afterStart, circuitState, closedCircuit, standardPauses } from './circuit.js';
import type { Circuit, CircuitState, Pauses } from './circuit.js';
import { decideOutcome, type HandOver } from './outcome.js';
import { createPermits, type Permits } from './permits.js';
import { openRelay, type Relay, type Timeouts } from './relay.js';
import { shareOf, type Place } from './share.js';

/** Leave to hand over a lot. Whoever asked for it tells how it ended, in any case. */
export interface Leave {
  relay: Relay;
  /** Messages at most. */
  limit: number;
  /** How each hand-over ended; none: there was nothing to hand over. */
  ended(handOvers: readonly HandOver[]): void;
}

export interface Wanted {
  /** A single message, and no lot: rare enough to go over a connection beyond this process's share, if that has none. */
  single?: boolean;
  without?: ReadonlySet<Relay>;
}

export interface Relays {
  /**
   * Leave for the next lot from a relay that is not among `without`; how long to wait (ms) as the rates are used up;
   * undefined: all relays are in trouble, or others have the share of their connections. Never throws.
   */
  next(wanted?: Wanted): Promise<Leave | { wait: number } | undefined>;
  /** The relay's words when a circuit opened last, for those who get no leave. */
  lastTrouble(): HandOver | undefined;
  circuits(): Record<string, CircuitState>;
  /** The place among the workers of this machine by which connections are shared out. */
  share(place: Place): void;
  /** Seconds for which leave was put off by each relay's rate, since this was asked last. */
  takeWaits(): Record<string, number>;
  /** False: lots are for other workers of this machine. */
  hasShare(): boolean;
  /** Ends every hand-over under way: the process has no more time. */
  cut(): void;
  close(): Promise<void>;
}

export interface RelaysOptions {
  db: Db;
  log: Pick<Log, 'warn' | 'info'>;
  /** As for share(), for the beginning. */
  place: Place;
  timeouts?: Timeouts;
  pauses?: Pauses;
  /** Milliseconds that only go forward: the time of day may be put back. */
  clock?: () => number;
}

interface Lane {
  relay: Relay;
  /** Of all workers of this machine together. */
  connections: number;
  weight: number;
  permits: Permits | undefined;
  circuit: Circuit;
  /** Messages so far for its weight: the lane with the least is next. */
  share: number;
  /** By the clock: before then it has no permits. */
  waitsUntil: number;
}

/** Opens nothing yet: connections are made when a message needs one. */
export function openRelays(configs: readonly RelayConfig[], options: RelaysOptions): Relays {
  const { db, log, place, timeouts, pauses = standardPauses, clock = () => performance.now() } = options;
  let lastTrouble: HandOver | undefined;
  let waits: Record<string, number> = {};
  const lanes = configs.map((config): Lane => {
    const { name, rate, weight } = config;
    return {
      relay: openRelay(config, shareOf(config.connections, place), timeouts),
      connections: config.connections,
      weight,
      permits: rate === undefined ? undefined : createPermits(db, { relay: name, rate }, clock),
      circuit: closedCircuit,
      share: 0,
      waitsUntil: -Infinity,
    };
  });

  const stateOf = (lane: Lane) => circuitState(lane.circuit, clock());

  function settle(lane: Lane, probe: boolean, handOvers: readonly HandOver[]): void {
    const ended = howLotEnded(handOvers);
    const before = lane.circuit;
    lane.circuit = afterLot(before, { ended, probe }, clock(), pauses);
    if (lane.circuit.troubles > before.troubles) {
      lastTrouble = handOvers.find(saysTrouble);
      const pause = Math.round((lane.circuit.openUntil - clock()) / 1000);
      log.warn({ handOver: lastTrouble, pause }, 'mail: the relay is in trouble; not asked for a while');
    } else if (before.troubles > 0 && lane.circuit.troubles === 0) {
      // What it has missed is not made up for: the others would stand idle.
      lane.share = Math.max(lane.share, Math.min(...others(lane)));
      log.info({ relay: lane.relay.name }, 'mail: the relay takes messages again');
    }
  }

  const others = (lane: Lane) => lanes.filter((other) => other !== lane).map((other) => other.share);

  async function permitsOf(
    lane: Lane,
    most: number,
  ): Promise<{ permits: number } | { wait: number; unasked?: true }> {
    if (!lane.permits) return { permits: most };
    const wait = lane.waitsUntil - clock();
    if (wait > 0) return { wait };
    const answer = await lane.permits.take(most).catch((err: unknown) => {
      log.warn({ err, relay: lane.relay.name }, 'mail: no permits for a relay with a rate; asking again');
      return { wait: 1_000, unasked: true as const };
    });
    if ('wait' in answer) lane.waitsUntil = clock() + answer.wait;
    return answer;
  }

  function leave(lane: Lane, limit: number): Leave {
    const probe = lane.circuit.troubles > 0;
    lane.circuit = afterStart(lane.circuit);
    lane.share += limit / lane.weight;
    return {
      relay: lane.relay,
      limit,
      ended(handOvers) {
        const unused = limit - handOvers.length;
        lane.share -= unused / lane.weight;
        lane.permits?.giveBack(unused);
        settle(lane, probe, handOvers);
      },
    };
  }

  return {
    async next({ single = false, without } = {}) {
      const usable = lanes
        .filter((lane) => stateOf(lane) !== 'open' && !without?.has(lane.relay))
        .filter((lane) => single || lane.relay.connections > 0)
        .toSorted((a, b) => a.share - b.share);
      let shortest = { wait: Infinity, relay: '' };
      for (const lane of usable) {
        const limit = single || stateOf(lane) !== 'closed' ? 1 : lane.relay.connections;
        const answer = await permitsOf(lane, limit);
        // Another lot may have become the one that decides while the permits were taken.
        if ('permits' in answer && stateOf(lane) !== 'open') return leave(lane, answer.permits);
        if ('wait' in answer && answer.wait < shortest.wait)
          shortest = { wait: answer.wait, relay: answer.unasked ? '' : lane.relay.name };
      }
      const { wait, relay } = shortest;
      if (wait === Infinity) return undefined;
      if (relay !== '') waits[relay] = (waits[relay] ?? 0) + wait / 1_000;
      return { wait };
    },
    lastTrouble: () => lastTrouble,
    circuits: () => Object.fromEntries(lanes.map((lane) => [lane.relay.name, stateOf(lane)])),
    share(to) {
      for (const { relay, connections } of lanes) relay.resize(shareOf(connections, to));
    },
    takeWaits() {
      const taken = waits;
      waits = {};
      return taken;
    },
    hasShare: () => lanes.some(({ relay }) => relay.connections > 0),
    cut() {
      for (const { relay } of lanes) relay.cut();
    },
    async close() {
      await Promise.all(lanes.map(({ relay }) => relay.close()));
    },
  };
}

/** Not taken by no fault of the reader, or taken by a relay that does not say so. */
function saysTrouble(handOver: HandOver): boolean {
  const { outcome } = decideOutcome(handOver);
  return outcome === 'relay-trouble' || outcome === 'uncertain';
}

/** A relay that takes more than half of a lot works, even if it cut a connection. */
function howLotEnded(handOvers: readonly HandOver[]): 'trouble' | 'well' | 'untried' {
  if (handOvers.length === 0) return 'untried';
  return handOvers.filter(saysTrouble).length * 2 >= handOvers.length ? 'trouble' : 'well';
}
