// The relays of a process, and which of them takes the next lot.
//
//   1. Skip relays whose circuit is open. For lots, also skip relays of whose connections this process has no share. A
//      relay whose circuit is half open takes a single message.
//   2. Of the others, take the one that has had the fewest messages for its weight.
//   3. A relay with a rate takes no more messages than it has tokens for. All workers of all machines share the tokens.
//
// A lot goes to one relay. If that relay is in trouble, the lot's readers are queued again and its circuit
// opens, so the next lot goes to another relay. Circuits belong to a process: each process finds out by
// itself, at the cost of a lot.
import type { RelayConfig } from '../config/relays.js';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { standardPauses, type CircuitState, type Pauses } from './circuit.js';
import type { Timeouts } from './connection.js';
import { Lane, type Permit, type RelayCondition } from './lane.js';
import type { HandOver } from './outcome.js';
import type { Relay } from './relay.js';
import type { Rank } from './share.js';

export interface PermitRequest {
  /**
   * A single message instead of a lot. It may go over a connection beyond this process's share, as it is
   * rare.
   */
  single?: boolean;
  /** Relays that may not be chosen. */
  without?: ReadonlySet<Relay>;
}

export interface Relays {
  /**
   * A permit for the next lot; or how long to wait (ms), as the rates are used up; or undefined: all relays
   * are in trouble, or other workers have the share of their connections. Never throws.
   */
  requestPermit(request?: PermitRequest): Promise<Permit | { wait: number } | undefined>;
  /** The hand-over that opened a circuit last, as a reason for the lack of a permit. */
  lastTrouble(): HandOver | undefined;
  circuits(): Record<string, CircuitState>;
  /** What holds each relay up in this process. */
  conditions(): Record<string, RelayCondition>;
  /** Shares the connections out by the rank among the workers of this machine. */
  share(rank: Rank): void;
  /** The seconds that permits had to wait for each relay's rate, since the last call. */
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
  /** The rank until share() is called. */
  rank: Rank;
  timeouts?: Timeouts;
  pauses?: Pauses;
  /** Milliseconds that only go forward, unlike the time of day. */
  clock?: () => number;
}

/** Opens nothing yet: connections are made when a message needs one. */
export function openRelays(configs: readonly RelayConfig[], options: RelaysOptions): Relays {
  const { db, log, rank, timeouts, pauses = standardPauses, clock = () => performance.now() } = options;
  const lanes = configs.map((config) => new Lane(config, rank, timeouts, { db, log, pauses, clock }));
  let waits: Record<string, number> = {};
  return {
    async requestPermit(request = {}) {
      const answer = await choose(lanes, request);
      if ('permit' in answer) return answer.permit;
      if (answer.wait === Infinity) return undefined;
      if (answer.relay !== undefined) waits[answer.relay] = (waits[answer.relay] ?? 0) + answer.wait / 1_000;
      return { wait: answer.wait };
    },
    lastTrouble: () =>
      lanes
        .flatMap(({ lastTrouble }) => lastTrouble ?? [])
        .toSorted((a, b) => a.at - b.at)
        .at(-1)?.handOver,
    circuits: () => Object.fromEntries(lanes.map(({ relay, state }) => [relay.name, state])),
    conditions: () => Object.fromEntries(lanes.map((lane) => [lane.relay.name, lane.condition])),
    share(to) {
      for (const lane of lanes) lane.resize(to);
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

/**
 * A permit of the first lane that has tokens, or the shortest wait (ms; Infinity: no lane is usable) and the
 * relay whose rate causes it.
 */
async function choose(
  lanes: readonly Lane[],
  { single = false, without }: PermitRequest,
): Promise<{ permit: Permit } | { wait: number; relay: string | undefined }> {
  const usable = lanes
    .filter((lane) => lane.state !== 'open' && !without?.has(lane.relay))
    .filter((lane) => single || lane.relay.connections > 0)
    .toSorted((a, b) => a.load - b.load);
  let shortest: { wait: number; relay: string | undefined } = { wait: Infinity, relay: undefined };
  for (const lane of usable) {
    const limit = single || lane.state !== 'closed' ? 1 : lane.relay.connections;
    const answer = await lane.takeTokens(limit);
    // While the tokens were taken, another lot may have opened the circuit or become its probe.
    if ('tokens' in answer && lane.state !== 'open') {
      const loadsOfOthers = () => lanes.filter((other) => other !== lane).map(({ load }) => load);
      return { permit: lane.permit(answer.tokens, loadsOfOthers) };
    }
    if ('wait' in answer && answer.wait < shortest.wait)
      shortest = { wait: answer.wait, relay: answer.unasked ? undefined : lane.relay.name };
  }
  return shortest;
}
