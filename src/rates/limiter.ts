// A rate limiter for rare, costly attempts. The counts are in the database: all web processes share them.
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../db.js';

export interface Limiter {
  /** Counts one attempt; `retryAfter` is in seconds. */
  take(key: string): Promise<{ ok: true } | { ok: false; retryAfter: number }>;
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
      try {
        await store.consume(key);
        return { ok: true };
      } catch (error) {
        if (error instanceof RateLimiterRes)
          return { ok: false, retryAfter: Math.ceil(error.msBeforeNext / 1000) };
        throw error;
      }
    },
    async forget(key) {
      await store.delete(key);
    },
  };
}
