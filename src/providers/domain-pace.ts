// How fast each mailbox provider gets mail, and what happens after it asked for less.
//
//   1. All workers together have no more hand-overs to a provider under way than its limit. Each process has
//      a share of the limit; a process without a share claims no readers of that provider.
//   2. A reply that says "slower" stops the provider for every worker: 30 s at first, at most 30 min.
//   3. After that, each process sends one message at a time, until the provider has accepted mail for some
//      minutes.
//   4. A provider that refuses more than a fifth of the last messages is paused for hours (pauses.ts).
//
// Readers of a stopped provider are not claimed: they stay queued, and the sweep brings them back.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { domainGroup, groupConnections, groupDomains, providers } from '../mail/domain-groups.js';
import type { HandOver } from '../mail/outcome.js';
import { shareOf, type Rank } from '../mail/share.js';
import { throttledBy } from '../mail/throttle-replies.js';
import { LRUCache } from 'lru-cache';
import { Gate } from './gate.js';
import { pauseProvider } from './pauses.js';
import { afterEnd, countWindow, endAt, refusesTooMuch, type Window } from './refusals.js';
import * as store from './store.js';

export interface DomainPace {
  /**
   * The domains that must not be claimed now. With `limits`, the relay does not keep the providers' limits,
   * so domains of which this worker has no share are included. Never throws: it falls back to the last known
   * answer.
   */
  stopped(limits?: boolean): Promise<readonly string[]>;
  /** The domains that other workers may claim, and this one may not. */
  othersDomains(): Promise<readonly string[]>;
  /** Calls `handOver` as soon as the address's provider has room for it. */
  within(address: string, handOver: () => Promise<HandOver>): Promise<HandOver>;
  /** Learns from the answers for these addresses. Never throws: the ends are still to be recorded. */
  learn(handOvers: Answered): Promise<void>;
  /** This worker's rank among all workers, by which the providers' limits are divided. */
  share(rank: Rank): void;
}

/** Groups that refused something lately, in one process. */
const watched = 500;

/** Milliseconds for which an answer of the database is reused. */
const keptFor = 2_000;

export function createDomainPace({
  db,
  log,
  now,
  clock = () => performance.now(),
}: {
  db: Db;
  log: Log;
  now: () => Date;
  /** Milliseconds that only go forward: a host's time of day can be set back. */
  clock?: () => number;
}): DomainPace {
  const gates = new Map<string, Gate>();
  let rank: Rank = { index: 0, of: 1 };
  let withoutShare: readonly string[] = [];
  const slowdowns = createSlowdowns({ db, log, clock });
  const refusals = createRefusals({ db, log, now });

  function roomFor(group: string): number {
    if (slowdowns.isSlowed(group)) return 1;
    // At least one: readers claimed before the share moved to another worker are still handed over. So are
    // readers at the countless small domains, however many workers there are.
    return Math.max(1, shareOf(groupConnections(group), rank));
  }

  return {
    async stopped(limits = true) {
      const stopped = await slowdowns.stopped();
      return limits && withoutShare.length > 0 ? [...new Set([...stopped, ...withoutShare])] : stopped;
    },
    async othersDomains() {
      if (withoutShare.length === 0) return [];
      const stopped = new Set(await slowdowns.stopped());
      return withoutShare.filter((domain) => !stopped.has(domain));
    },
    async within(address, handOver) {
      const group = domainGroup(address);
      const gate = gates.get(group) ?? new Gate();
      gates.set(group, gate);
      gate.room = roomFor(group);
      try {
        return await gate.pass(handOver);
      } finally {
        if (gate.isUnused) gates.delete(group);
      }
    },
    async learn(handOvers) {
      const { throttled, well } = answersOf(handOvers);
      await slowdowns.learn(throttled, well);
      if (await refusals.learn(handOvers, slowdowns.trialOf)) slowdowns.forget();
    },
    share(to) {
      rank = to;
      withoutShare = providers
        .filter((group) => shareOf(groupConnections(group), rank) === 0)
        .flatMap(groupDomains);
    },
  };
}

type Answered = readonly { address: string; handOver: HandOver }[];

/** The reply of each group that asked for less, and the groups that accepted mail. */
function answersOf(handOvers: Answered): { throttled: Map<string, string>; well: Set<string> } {
  const throttled = new Map<string, string>();
  const well = new Set<string>();
  for (const { address, handOver } of handOvers)
    if (handOver.ended === 'accepted') well.add(domainGroup(address));
    else if (handOver.ended === 'reply' && throttledBy(handOver) === 'domain')
      throttled.set(domainGroup(address), handOver.reply);
  return { throttled, well };
}

/** The providers that this process knows to have asked for slower sending. */
interface Slowdowns {
  /** The domains that are stopped now. Never throws. */
  stopped(): Promise<readonly string[]>;
  /** The group is stopped, or gets one message at a time. */
  isSlowed(group: string): boolean;
  /**
   * `throttled`: the reply of each group that asked for less; `well`: groups that accepted mail. Never
   * throws.
   */
  learn(throttled: ReadonlyMap<string, string>, well: ReadonlySet<string>): Promise<void>;
  /** When the pause of a group that refused our mail was over. undefined: it is not on trial. */
  trialOf(group: string): Date | undefined;
  /** The rows have changed. */
  forget(): void;
}

function createSlowdowns({ db, log, clock }: { db: Db; log: Log; clock: () => number }): Slowdowns {
  let rows: store.SlowdownRow[] = [];
  let goodUntil = -Infinity;
  const outOfDate = (err: unknown) => log.warn({ err }, 'delivery: slowed providers are not up to date');

  async function refresh(): Promise<void> {
    if (clock() < goodUntil) return;
    rows = await store.selectSlowdowns(db);
    goodUntil = clock() + keptFor;
  }

  async function write(throttled: ReadonlyMap<string, string>, well: ReadonlySet<string>): Promise<void> {
    for (const [group, reply] of throttled) {
      goodUntil = -Infinity;
      if (await store.slowDown(db, group, reply))
        log.warn({ group, reply }, 'delivery: a provider asks for less; it gets nothing for a while');
    }
    const better = rows.filter(
      ({ groupKey, stopped }) => !stopped && well.has(groupKey) && !throttled.has(groupKey),
    );
    const [onTrial, slowed] = [true, false].map((refuses) =>
      better.filter((row) => row.refuses === refuses).map(({ groupKey }) => groupKey),
    );
    if (slowed?.length) await store.recoverGroups(db, slowed);
    if (onTrial?.length) await store.endTrials(db, onTrial);
  }

  return {
    async stopped() {
      await refresh().catch(outOfDate);
      return stoppedDomains(rows);
    },
    isSlowed: (group) => rows.some(({ groupKey }) => groupKey === group),
    learn: (throttled, well) => write(throttled, well).catch(outOfDate),
    trialOf: (group) => rows.find(({ groupKey, refuses }) => refuses && groupKey === group)?.until,
    forget() {
      goodUntil = -Infinity;
    },
  };
}

/** What each provider refused of the last messages of this process. */
function createRefusals({ db, log, now }: { db: Db; log: Log; now: () => Date }) {
  const windows = new LRUCache<string, Window>({ max: watched });

  async function learnOne(group: string, handOver: HandOver, trial: Date | undefined): Promise<boolean> {
    const end = endAt(handOver);
    // A new window begins with each pause.
    const key = `${group}@${trial?.getTime() ?? 0}`;
    const window = windows.get(key);
    const isBad = end !== undefined && end !== 'accepted' && end !== 'other';
    if (end === undefined || (window === undefined && !isBad)) return false;
    const next = afterEnd(window ?? [], isBad ? end : undefined);
    windows.set(key, next);
    const counted = countWindow(next);
    if (!isBad || !refusesTooMuch(counted, { onTrial: trial !== undefined })) return false;
    windows.delete(key);
    const reply = handOver.ended === 'reply' ? handOver.reply : '';
    return pauseProvider({ db, log, now }, { groupKey: group, ...counted, reply });
  }

  return {
    /** True: a provider was paused. Never throws: the ends are still to be recorded. */
    async learn(handOvers: Answered, trialOf: (group: string) => Date | undefined): Promise<boolean> {
      let paused = false;
      try {
        for (const { address, handOver } of handOvers) {
          const group = domainGroup(address);
          if (await learnOne(group, handOver, trialOf(group))) paused = true;
        }
      } catch (err) {
        log.error({ err }, 'delivery: a provider that refuses our mail was not paused');
      }
      return paused;
    },
  };
}

/** The domains that are stopped now, as the database has it. */
export async function readStoppedDomains(db: Db): Promise<readonly string[]> {
  return stoppedDomains(await store.selectSlowdowns(db));
}

function stoppedDomains(slowdowns: readonly store.SlowdownRow[]): readonly string[] {
  return slowdowns.filter(({ stopped }) => stopped).flatMap(({ groupKey }) => groupDomains(groupKey));
}
