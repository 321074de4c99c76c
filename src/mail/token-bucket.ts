// A relay's rate, shared by all workers of all machines: a token bucket in the database. Each message takes a token, and
// a worker takes the tokens of a lot at once.
//
// The bucket holds a fifth of a second's tokens, and a lot takes at most a tenth. So a lot costs one statement, and
// after an idle moment the rate is exceeded by a fifth for a second at most. rate-limiter-flexible counts in fixed
// windows: a second's tokens would all go in its first moment, and then every worker would wait.
import type { Db } from '../db.js';
import * as store from './store.js';

export interface TokenBucket {
  /** Up to `most` tokens, or how long to wait until asking again, in ms. Throws when the database is unreachable. */
  take(most: number): Promise<{ tokens: number } | { wait: number }>;
  /** Keeps unused tokens for the next lot of this process. */
  giveBack(tokens: number): void;
}

/** How long unused tokens stay valid, in ms. A longer time would let them pile up beyond the rate. */
const keptFor = 1_000;

export function openTokenBucket(
  db: Db,
  { relay, rate }: { relay: string; rate: number },
  clock: () => number,
): TokenBucket {
  const atOnce = Math.max(1, Math.floor(rate / 10));
  const depth = Math.max(1, rate / 5);
  let kept = { tokens: 0, until: -Infinity };
  return {
    async take(most) {
      if (kept.tokens > 0 && clock() < kept.until) {
        const tokens = Math.min(kept.tokens, most);
        kept = { ...kept, tokens: kept.tokens - tokens };
        return { tokens };
      }
      const want = Math.min(most, atOnce);
      const lacks = await store.takeTokens(db, { relay, rate, want, depth });
      return lacks > 0 ? { wait: Math.ceil(lacks) } : { tokens: want };
    },
    giveBack(tokens) {
      const at = clock();
      const still = at < kept.until ? kept.tokens : 0;
      if (tokens > 0) kept = { tokens: Math.min(still + tokens, atOnce), until: at + keptFor };
    },
  };
}
