import type { Db } from '../db.js';
import { minute, hour } from '../durations.js';
import { enqueueAll } from '../enqueue-all.js';
import type { Enqueue } from '../queues.js';
import { forgetKeptFiles, forgetReceiving, stalledImports } from './store.js';

/** ms. A lot takes well under a second: an import that has not moved for a minute has no worker. */
const stalledAfter = minute;
/** ms. A body that has not grown for an hour will not be completed. */
const receivingFor = hour;

interface Deps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

/** Enqueues imports whose job was lost or whose worker died; each continues where it stopped. */
export async function enqueueUnfinishedImports({ db, enqueue, now }: Deps): Promise<void> {
  const stalled = await stalledImports(db, new Date(now().getTime() - stalledAfter));
  await enqueueAll(
    enqueue,
    'imports',
    stalled.map((importId) => ({ kind: 'import' as const, importId })),
  );
}

/** Deletes incomplete bodies whose web process died, and those that dry runs kept; returns how many. */
export async function forgetFiles({ db, now }: Omit<Deps, 'enqueue'>): Promise<number> {
  const incomplete = await forgetReceiving(db, new Date(now().getTime() - receivingFor));
  return incomplete + (await forgetKeptFiles(db, now()));
}
