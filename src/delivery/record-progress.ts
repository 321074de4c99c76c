// Counts how hand-overs ended, by relay and provider, and writes the counts once a second.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { domainGroup, providerOf } from '../mail/domain-groups.js';
import type { CircuitState } from '../mail/circuit.js';
import type { RelayCondition } from '../mail/lane.js';
import * as store from './hand-overs.js';
import { addWaits } from './store-metrics.js';

export interface EndedHandOver {
  address: string;
  end: { relay: string; state: 'accepted' | 'deferred' | 'refused' | 'uncertain' | 'queued' };
}

export interface ProgressRecorder {
  /** Cheap: the database gets it later. */
  count(issueId: string, ended: readonly EndedHandOver[]): void;
  /** Writes what is not written yet, so that a process loses nothing at its end. Never throws. */
  flush(): Promise<void>;
}

const interval = 1_000;

export function createProgressRecorder({
  db,
  workerId,
  log,
}: {
  db: Db;
  workerId: string;
  log: Log;
}): ProgressRecorder {
  let rows = new Map<string, store.ProgressRow & { issueId: string }>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const unwritten = [...rows.values()];
    rows = new Map();
    if (unwritten.length === 0) return;
    // These are statistics: if the database is away, a log line is enough.
    await store
      .addProgress(db, workerId, unwritten)
      .catch((err: unknown) => log.warn({ err }, 'delivery: the progress of one second was not written'));
  }

  return {
    count(issueId, ended) {
      for (const { address, end } of ended) {
        const { relay, state } = end;
        if (state === 'queued' || relay === '') continue;
        const group = providerOf(domainGroup(address));
        const key = `${issueId} ${relay} ${group}`;
        const row = rows.get(key) ?? { issueId, relay, domainGroup: group, ...nothing };
        row[state] += 1;
        rows.set(key, row);
      }
      timer ??= setTimeout(() => void flush(), interval).unref();
    },
    flush,
  };
}

const nothing: store.Sums = { accepted: 0, deferred: 0, refused: 0, uncertain: 0 };

/** Writes the state of this process's circuits, for the console and /metrics. */
export function tellCircuits(
  db: Db,
  workerId: string,
  circuits: Record<string, CircuitState>,
): Promise<void> {
  return store.writeCircuits(db, workerId, circuits);
}

/** Writes what holds each relay up in this process, for the console and /metrics. */
export function tellConditions(
  db: Db,
  workerId: string,
  conditions: Record<string, RelayCondition>,
): Promise<void> {
  return store.writeConditions(db, workerId, conditions);
}

/** Adds the seconds that this process waited for each relay's rate. */
export async function tellWaits(db: Db, seconds: Readonly<Record<string, number>>): Promise<void> {
  if (Object.keys(seconds).length > 0) await addWaits(db, seconds);
}
