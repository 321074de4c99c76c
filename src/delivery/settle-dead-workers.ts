// Settles what killed workers of this machine had claimed, as their journals tell (src/journal).
//
//   1. record the answers that the database does not have yet
//   2. queue again what was not begun
//   3. report the worker as dead: the sweep makes the rest uncertain, which was in flight
//
// A worker whose journal proves nothing is left to the sweep: all that it had claimed becomes uncertain.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { ageOf, isDead, journalFolders, removeJournal } from '../journal/folder.js';
import { readJournal, readMark, type JournalContents } from '../journal/read-journal.js';
import type { Log } from '../log.js';
import { recordAndClaim, type NoteRefusals } from './record-and-claim.js';
import { releaseNotBegun } from './store-turn.js';
import { endWorker, selectWorkerOfInstance } from './store-workers.js';

/** Milliseconds for which the journal of an unknown worker is kept. */
const keptFor = 2 * day;

interface Deps {
  db: Db;
  log: Log;
  noteRefusals: NoteRefusals;
}

/** Any process of the machine may call it at any time, and several at once. */
export async function settleDeadWorkers(deps: Deps & { dataDir: string }): Promise<void> {
  for (const folder of journalFolders(deps.dataDir)) {
    if (!(await isDead(folder))) continue;
    const instance = readMark(folder)?.instance;
    const worker = instance === undefined ? undefined : await selectWorkerOfInstance(deps.db, instance);
    // Another database that uses this DATA_DIR may have the worker.
    if (worker === undefined && instance !== undefined && ageOf(folder) < keptFor) continue;
    const journal = worker && readJournal(folder);
    if (worker && journal) await settle(deps, worker.id, journal);
    removeJournal(folder);
  }
}

async function settle(deps: Deps, workerId: string, { ended, inFlight }: JournalContents): Promise<void> {
  for (const issueId of new Set(ended.map((end) => end.issueId))) {
    const ends = ended.filter((end) => end.issueId === issueId);
    await recordAndClaim(deps, { issueId, batch: 0, limit: 0, workerId, notDomains: [] }, ends);
  }
  const queued = await releaseNotBegun(deps.db, workerId, inFlight);
  await endWorker(deps.db, workerId);
  deps.log.warn(
    { workerId, answered: ended.length, queued, inFlight: inFlight.length },
    'delivery: a worker died; its journal tells what it had begun',
  );
}
