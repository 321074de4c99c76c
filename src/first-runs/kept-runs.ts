// Keeps the form of a first run between two of its steps. The step is a POST that reads a site or sends a test mail; the
// page after it is a GET, which Reload and Back may ask for again.
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import { isId } from '../ids.js';
import * as store from './store.js';
import type { KeptRun } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
}

/** Each open tab has one. */
const newestKept = 10;

/** Keeps the run in place of the one with this id, or as a new one. Returns its id. */
export async function keepRun(
  { db, now }: Deps,
  { id, ...run }: KeptRun & { id: string; accountId: string },
): Promise<string> {
  const at = now();
  return db.transaction(async (tx) => {
    const isReplaced = isId(id) && (await store.replaceRun(tx, { ...run, id, at }));
    const kept = isReplaced ? id : await store.insertRun(tx, { ...run, at });
    await store.deleteOlderRuns(tx, { accountId: run.accountId, newest: newestKept });
    return kept;
  });
}

/** Undefined: it is another account's, or older than an hour. */
export async function getRun(
  { db, now }: Deps,
  { id, accountId }: { id: string; accountId: string },
): Promise<KeptRun | undefined> {
  if (!isId(id)) return undefined;
  return store.selectRun(db, { id, accountId, since: hourBefore(now) });
}

/** Deletes the runs that nobody can go on with any more. Returns how many. */
export const forgetFirstRuns = ({ db, now }: Deps): Promise<number> =>
  store.deleteExpiredRuns(db, hourBefore(now));

const hourBefore = (now: () => Date): Date => new Date(now().getTime() - hour);
