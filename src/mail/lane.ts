// One relay of a process: its circuit, its rate and how many messages it has had.
import type { RelayConfig } from '../config/relays.js';
import type { Db } from '../db.js';
import type { Message } from '../languages/messages.js';
import type { Log } from '../log.js';
import { afterLot, afterStart, circuitState, closedCircuit } from './circuit.js';
import type { CircuitState, Pauses } from './circuit.js';
import type { Timeouts } from './connection.js';
import { decideOutcome, type HandOver } from './outcome.js';
import type { Lost } from './pipelining/trust.js';
import { openRelay, type Relay } from './relay.js';
import { shareOf, type Rank } from './share.js';
import { openTokenBucket, type TokenBucket } from './token-bucket.js';

/** Permission to send one lot. The holder must call `ended` exactly once, also on failure. */
export interface Permit {
  relay: Relay;
  /** Messages at most. */
  limit: number;
  /** How each hand-over ended; none if there was nothing to hand over. */
  ended(handOvers: readonly HandOver[]): void;
}

export interface RelayCondition {
  /** This process's share of the relay's connections. */
  share: number;
  /** Fewer than the share: the relay does not take as many at once. */
  used: number;
  /** The reply by which it asked for fewer connections. */
  asked?: string | undefined;
  /** Why its circuit is not closed: the relay's reply or the error. */
  trouble?: string | undefined;
  /** The same as a message, if it is in our words. */
  said?: Message | undefined;
}

const trustLost: Record<Lost, string> = {
  'commands-behind':
    'mail: the relay refuses commands behind a text, or mixes up its replies; each message now waits for the answer to the one before, which is slower',
  chunks:
    "mail: the relay offers CHUNKING, and BDAT failed; it gets texts with DATA, which is as fast. SMTP_URL's option chunking=off avoids the attempt",
};

export interface LaneDeps {
  db: Db;
  log: Pick<Log, 'warn' | 'info'>;
  pauses: Pauses;
  clock: () => number;
}

export class Lane {
  readonly relay: Relay;
  /** Messages so far, divided by the weight: the lane with the fewest comes next. */
  load = 0;
  readonly #deps: LaneDeps;
  /** The connections of all workers of this machine together. */
  readonly #connections: number;
  readonly #weight: number;
  readonly #bucket: TokenBucket | undefined;
  #circuit = closedCircuit;
  /** By the clock: the bucket has no token before then. */
  #waitsUntil = -Infinity;

  constructor(config: RelayConfig, rank: Rank, timeouts: Timeouts | undefined, deps: LaneDeps) {
    const { name, rate, weight, connections } = config;
    const onTrustLost = (what: Lost) => deps.log.warn({ relay: name }, trustLost[what]);
    this.relay = openRelay(config, shareOf(connections, rank), timeouts, { clock: deps.clock, onTrustLost });
    this.#deps = deps;
    this.#connections = connections;
    this.#weight = weight;
    this.#bucket =
      rate === undefined ? undefined : openTokenBucket(deps.db, { relay: name, rate }, deps.clock);
  }

  get state(): CircuitState {
    return circuitState(this.#circuit, this.#deps.clock());
  }

  get condition(): RelayCondition {
    const { share, most, reply } = this.relay.limits;
    const handOver = this.state === 'closed' ? undefined : this.lastTrouble?.handOver;
    return {
      share,
      used: Math.min(share, most),
      ...(most < share ? { asked: reply } : {}),
      ...(handOver === undefined ? {} : { trouble: 'reply' in handOver ? handOver.reply : handOver.error }),
      ...(handOver !== undefined && 'said' in handOver ? { said: handOver.said } : {}),
    };
  }

  resize(rank: Rank): void {
    this.relay.resize(shareOf(this.#connections, rank));
  }

  /**
   * Up to `most` tokens, or how long to wait (ms). `unasked`: the wait is not for the rate, as the database
   * was unreachable.
   */
  async takeTokens(most: number): Promise<{ tokens: number } | { wait: number; unasked?: true }> {
    if (!this.#bucket) return { tokens: most };
    const { log, clock } = this.#deps;
    const wait = this.#waitsUntil - clock();
    if (wait > 0) return { wait };
    const answer = await this.#bucket.take(most).catch((err: unknown) => {
      log.warn({ err, relay: this.relay.name }, "mail: the relay's rate could not be read; trying again");
      return { wait: 1_000, unasked: true as const };
    });
    if ('wait' in answer) this.#waitsUntil = clock() + answer.wait;
    return answer;
  }

  /**
   * A permit for a lot of `limit` messages. `loadsOfOthers` are the loads of the other lanes when the lot has
   * ended.
   */
  permit(limit: number, loadsOfOthers: () => readonly number[]): Permit {
    const probe = this.#circuit.troubles > 0;
    this.#circuit = afterStart(this.#circuit);
    this.load += limit / this.#weight;
    return {
      relay: this.relay,
      limit,
      ended: (handOvers) => {
        const unused = limit - handOvers.length;
        this.load -= unused / this.#weight;
        this.#bucket?.giveBack(unused);
        this.#tellLimit();
        const change = this.#settle(probe, handOvers);
        // The relay does not catch up on what it missed: the others would stand idle.
        if (change === 'recovered') this.load = Math.max(this.load, Math.min(...loadsOfOthers()));
      },
    };
  }

  /** The hand-over that opened the circuit last. */
  lastTrouble: { handOver: HandOver; at: number } | undefined;

  /** The connections that the log has named last. */
  #toldMost = Infinity;

  /** Tells an operator how many connections the relay takes, whenever that changes. */
  #tellLimit(): void {
    const { share, most, reply } = this.relay.limits;
    const used = Math.min(most, share);
    if (used === Math.min(this.#toldMost, share)) return;
    const { log } = this.#deps;
    const fields = { relay: this.relay.name, connections: used, of: share, reply };
    if (most > this.#toldMost) log.info(fields, 'mail: the relay takes more connections at once again');
    else
      log.warn(
        fields,
        'mail: the relay refuses more connections at once; this process uses fewer. ' +
          (share === this.#connections
            ? `SMTP_URL's option connections=${used} avoids the refusals`
            : "A lower number in SMTP_URL's option connections avoids the refusals"),
      );
    this.#toldMost = most;
  }

  #settle(probe: boolean, handOvers: readonly HandOver[]): 'recovered' | undefined {
    const { log, clock, pauses } = this.#deps;
    const before = this.#circuit;
    this.#circuit = afterLot(before, { ended: howLotEnded(handOvers), probe }, clock(), pauses);
    const { troubles, openUntil } = this.#circuit;
    if (troubles > before.troubles) {
      const handOver = handOvers.find(showsTrouble);
      if (handOver) this.lastTrouble = { handOver, at: clock() };
      const pause = Math.round((openUntil - clock()) / 1000);
      log.warn({ handOver, pause }, 'mail: the relay is in trouble; sending nothing to it for a while');
    } else if (before.troubles > 0 && troubles === 0) {
      log.info({ relay: this.relay.name }, 'mail: the relay takes messages again');
      return 'recovered';
    }
    return undefined;
  }
}

/** The relay failed for no fault of the reader's address, or may have taken the message without saying so. */
function showsTrouble(handOver: HandOver): boolean {
  const { outcome } = decideOutcome(handOver);
  return outcome === 'relay-trouble' || outcome === 'uncertain';
}

/**
 * A relay that takes more than half of a lot works, even if it cut a connection. One that asked for fewer
 * connections gets fewer from now on, and is in no trouble.
 */
function howLotEnded(all: readonly HandOver[]): 'trouble' | 'well' | 'untried' {
  const handOvers = all.filter((one) => one.ended !== 'reply' || one.relayWide !== 'connections');
  if (handOvers.length === 0) return 'untried';
  return handOvers.filter(showsTrouble).length * 2 >= handOvers.length ? 'trouble' : 'well';
}
