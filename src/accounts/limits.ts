// The rate limits for attempts to sign in.
import type { Database } from '../db.js';
import { openLimiter } from '../rates/limiter.js';
import type { SignInLimiter } from './sign-in.js';

const seconds = 900;

/** Within 15 minutes, a caller may make 30 attempts, and 6 attempts for the same e-mail address. */
export function signInLimits(db: Database): { perCaller: SignInLimiter; perPair: SignInLimiter } {
  return {
    perCaller: openLimiter(db, { keyPrefix: 'sign-in-caller', points: 30, seconds }),
    perPair: openLimiter(db, { keyPrefix: 'sign-in-pair', points: 6, seconds }),
  };
}
