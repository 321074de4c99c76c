// How often someone may try to sign in. Counted in the database, so that all web processes count together.
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../db.js';
import type { SignInLimiter } from './sign-in.js';

const quarterOfAnHour = 900;

function limiter(db: Database, keyPrefix: string, points: number): SignInLimiter {
  const store = new RateLimiterPostgres({
    storeClient: db.pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix,
    points,
    duration: quarterOfAnHour,
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

/** Tries in a quarter of an hour: 30 by one caller, 6 by one caller for one e-mail. */
export function signInLimits(db: Database): { perCaller: SignInLimiter; perPair: SignInLimiter } {
  return { perCaller: limiter(db, 'sign-in-caller', 30), perPair: limiter(db, 'sign-in-pair', 6) };
}
