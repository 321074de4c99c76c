// A relay's rate, kept by all workers of all machines together: whoever hands over needs permits, and takes them from
// the database for a lot at a time.
//
// At most a tenth of a second's permits at once, from a bucket that holds a fifth: so a lot costs one statement, and a
// rate is passed by a fifth for a second at most, after an idle moment. rate-limiter-flexible counts in fixed windows,
// which would let a second's worth go in its first moment and then have everybody wait.
import type { Db } from '../db.js';
import * as store from './store.js';

export interface Permits {
  /** Up to `most` permits, or how long to wait until asking again, in ms. Throws when the database is away. */
  take(most: number): Promise<{ permits: number } | { wait: number }>;
  /** What was not used, for the next lot of this process. */
  giveBack(permits: number): void;
}

/** How long unused permits stay good, in ms: longer would let them pile up beyond the rate. */
const keptFor = 1_000;

export function createPermits(
  db: Db,
  { relay, rate }: { relay: string; rate: number },
  clock: () => number,
): Permits {
  const atOnce = Math.max(1, Math.floor(rate / 10));
  const depth = Math.max(1, rate / 5);
  let kept = { permits: 0, until: -Infinity };
  return {
    async take(most) {
      if (kept.permits > 0 && clock() < kept.until) {
        const permits = Math.min(kept.permits, most);
        kept = { ...kept, permits: kept.permits - permits };
        return { permits };
      }
      const want = Math.min(most, atOnce);
      const lacks = await store.takePermits(db, { relay, rate, want, depth });
      return lacks > 0 ? { wait: Math.ceil(lacks) } : { permits: want };
    },
    giveBack(permits) {
      const at = clock();
      const still = at < kept.until ? kept.permits : 0;
      if (permits > 0) kept = { permits: Math.min(still + permits, atOnce), until: at + keptFor };
    },
  };
}
