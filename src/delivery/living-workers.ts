// The processes that deliver now, on any machine, and the rank of this one among them.
import { hostname } from 'node:os';
import type { Db } from '../db.js';
import { second } from '../durations.js';
import type { Rank } from '../mail/share.js';
import { heartbeat, silence } from './recover.js';
import { pidSpace } from '../pid-space.js';
import {
  countLivingWorkers,
  selectClocks,
  selectLivingWorkers,
  writeClock,
  type HostClock,
  type WorkerRow,
} from './store-workers.js';

export function livingWorkers(db: Db): Promise<number> {
  return countLivingWorkers(db, silence);
}

/** By how many seconds each host's clock is ahead of the database's. */
export function hostClocks(db: Db): Promise<HostClock[]> {
  return selectClocks(db, silence);
}

/** Notes the same of this worker's host, in milliseconds. */
export function tellClock(db: Db, workerId: string, hostAhead: number): Promise<void> {
  return writeClock(db, workerId, hostAhead / second);
}

export interface Ranks {
  /** Among the workers of all machines, and among those of this one. */
  everywhere: Rank;
  here: Rank;
}

/**
 * A worker's ranks, by which limits are divided. When a worker ends or falls silent, later workers move up.
 * On this machine at least `expected` workers are counted, also before they have started. A killed worker
 * whose pid we can look up counts no more at once: its silence need not be waited for.
 */
export async function ranksOf(db: Db, workerId: string, expected: number): Promise<Ranks> {
  const ours = hostname();
  const known = await selectLivingWorkers(db, workerId, { silence, lead: heartbeat });
  const living = known.filter(
    ({ id, pid, pidSpace: space }) => id === workerId || space !== pidSpace || runs(pid),
  );
  const among = (workers: readonly WorkerRow[]): Rank => ({
    index: workers.findIndex(({ id }) => id === workerId),
    of: Math.max(workers.length, expected),
  });
  return { everywhere: among(living), here: among(living.filter(({ host }) => host === ours)) };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
