// A turn that survives a lost database. Only this process knows how the last lot ended, so it retries until
// the database is back, however long that takes. Each batch under way holds one lot, so the waiting memory is
// bounded.
import { setTimeout as delay } from 'node:timers/promises';
import { mayPass, type Db } from '../db.js';
import type { Log } from '../log.js';
import { type Claimed, release, turn } from './store-turn.js';

/** Milliseconds. */
const firstPause = 250;
const longestPause = 5_000;

/** As `turn`. Throws only errors that a retry would not mend. */
export async function takeTurn(
  deps: { db: Db; log: Log; stopping: () => boolean },
  claim: Parameters<typeof turn>[1],
  ends: Parameters<typeof turn>[2],
): Promise<Claimed[]> {
  const { db, log, stopping } = deps;
  try {
    return await turn(db, claim, ends);
  } catch (error) {
    if (!mayPass(error)) throw error;
    log.warn({ err: error, ends: ends.length }, 'delivery: the database is away; known ends wait for it');
  }
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    await delay(pause);
    try {
      await turn(db, { ...claim, limit: 0 }, ends);
      // The failed turn may have been committed without this process hearing of it.
      await release(db, claim);
      log.info({ ends: ends.length }, 'delivery: the database is back; known ends are written');
      return stopping() ? [] : await turn(db, claim, []);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }
}
