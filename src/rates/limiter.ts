// A rate limiter for rare, costly attempts. The counts are in the database: all web processes share them.
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../db.js';

export interface Limiter {
  /** Counts one attempt. `beyond` is how many attempts exceed the limit; `secondsLeft` until the count restarts. */
  take(key: string): Promise<{ beyond: number; secondsLeft: number }>;
  /** Takes one attempt off the key's count. */
  giveBack(key: string): Promise<void>;
  /** Resets the key's count to zero. */
  forget(key: string): Promise<void>;
}

/** Allows `points` attempts for each key within `seconds`. */
export function openLimiter(
  db: Database,
  { keyPrefix, points, seconds }: { keyPrefix: string; points: number; seconds: number },
): Limiter {
  const store = new RateLimiterPostgres({
    storeClient: db.pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix,
    points,
    duration: seconds,
  });
  return {
    async take(key) {
      // Beyond the limit, `consume` counts and rejects with the count.
      const counted = await store.consume(key).catch((error: unknown) => {
        if (error instanceof RateLimiterRes) return error;
        throw error;
      });
      return {
        beyond: Math.max(0, counted.consumedPoints - points),
        secondsLeft: Math.max(1, Math.ceil(counted.msBeforeNext / 1000)),
      };
    },
    async giveBack(key) {
      await store.reward(key);
    },
    async forget(key) {
      await store.delete(key);
    },
  };
}
