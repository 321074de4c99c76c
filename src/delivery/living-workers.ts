// The processes that deliver now, on any machine, and the rank of this one among them.
import { hostname } from 'node:os';
import type { Db } from '../db.js';
import type { Rank } from '../mail/share.js';
import { heartbeat, silence } from './recover.js';
import { countLivingWorkers, selectLivingWorkers, type WorkerRow } from './store-workers.js';

export function livingWorkers(db: Db): Promise<number> {
  return countLivingWorkers(db, silence);
}

export interface Ranks {
  /** Among the workers of all machines, and among those of this one. */
  everywhere: Rank;
  here: Rank;
}

/**
 * A worker's ranks, by which limits are divided. When a worker ends or falls silent, later workers move up.
 * On this machine at least `expected` workers are counted, also before they have started. A killed worker of
 * this machine counts no more at once: its process is gone, so its silence need not be waited for.
 */
export async function ranksOf(db: Db, workerId: string, expected: number): Promise<Ranks> {
  const ours = hostname();
  const known = await selectLivingWorkers(db, workerId, { silence, lead: heartbeat });
  const living = known.filter(({ id, host, pid }) => id === workerId || host !== ours || runs(pid));
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
