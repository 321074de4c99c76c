// A turn that outlives the database. How the last lot ended is known to nobody else: it is written when the database is
// back, however long that takes. It is one lot for each batch under way, so the memory that waits is bounded.
import { setTimeout as delay } from 'node:timers/promises';
import { mayPass, type Db } from '../db.js';
import type { Log } from '../log.js';
import * as store from './store.js';

/** Milliseconds. */
const firstPause = 250;
const longestPause = 5_000;

/** As store.turn. Throws only what trying again would not mend. */
export async function takeTurn(
  deps: { db: Db; log: Log; stopping: () => boolean },
  claim: Parameters<typeof store.turn>[1],
  ends: Parameters<typeof store.turn>[2],
): Promise<store.Claimed[]> {
  const { db, log, stopping } = deps;
  try {
    return await store.turn(db, claim, ends);
  } catch (error) {
    if (!mayPass(error)) throw error;
    log.warn({ err: error, ends: ends.length }, 'delivery: the database is away; known ends wait for it');
  }
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    await delay(pause);
    try {
      await store.turn(db, { ...claim, limit: 0 }, ends);
      // Whether the turn that failed was committed, nobody heard.
      await store.release(db, claim);
      log.info({ ends: ends.length }, 'delivery: the database is back; known ends are written');
      return stopping() ? [] : await store.turn(db, claim, []);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }
}
