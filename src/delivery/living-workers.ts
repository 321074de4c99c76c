// The processes that deliver right now, on any machine, and which of them this one is.
import { hostname } from 'node:os';
import type { Db } from '../db.js';
import type { Place } from '../mail/share.js';
import { heartbeat, silence } from './recover.js';
import { countLivingWorkers, selectLivingWorkers, type WorkerRow } from './store-workers.js';

export function livingWorkers(db: Db): Promise<number> {
  return countLivingWorkers(db, silence);
}

export interface Places {
  /** Among the workers of all machines, and among those of this one. */
  everywhere: Place;
  here: Place;
}

/**
 * A worker's places, by which limits are shared out. They pass on to those who began later when a worker ends or has been
 * silent; `expected` workers are counted on this machine even before they are there. Of workers of this machine that
 * were killed nobody waits for the silence.
 */
export async function placesOf(db: Db, workerId: string, expected: number): Promise<Places> {
  const ours = hostname();
  const known = await selectLivingWorkers(db, workerId, { silence, lead: heartbeat });
  const living = known.filter(({ id, host, pid }) => id === workerId || host !== ours || runs(pid));
  const among = (workers: readonly WorkerRow[]): Place => ({
    rank: workers.findIndex(({ id }) => id === workerId),
    of: Math.max(workers.length, expected),
  });
  return { everywhere: among(living), here: among(living.filter(({ host }) => host === ours)) };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
