// How often someone may try to sign in.
import type { Database } from '../db.js';
import { openLimiter } from '../rates/limiter.js';
import type { SignInLimiter } from './sign-in.js';

const seconds = 900;

/** In a quarter of an hour: 30 attempts by one caller, 6 by one caller for one e-mail. */
export function signInLimits(db: Database): { perCaller: SignInLimiter; perPair: SignInLimiter } {
  return {
    perCaller: openLimiter(db, { keyPrefix: 'sign-in-caller', points: 30, seconds }),
    perPair: openLimiter(db, { keyPrefix: 'sign-in-pair', points: 6, seconds }),
  };
}
