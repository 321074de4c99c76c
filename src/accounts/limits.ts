// The rate limits for failed attempts to sign in, and for asking for a new password.
import { createHash } from 'node:crypto';
import type { Database } from '../db.js';
import { openLimiter, type Limiter } from '../rates/limiter.js';

const seconds = 900;

/** The hash hides the e-mail address: the key goes into rate_limits, which must hold no addresses. */
export const addressKey = (email: string): string =>
  createHash('sha256').update(email.toLowerCase()).digest('base64url');

export interface SignInLimits {
  /** A network: an IPv4 address or an IPv6 /64. */
  perCaller: Limiter;
  /** An e-mail address, whether or not it has an account. */
  perAccount: Limiter;
  /** A browser from which the account has signed in before. */
  perBrowser: Limiter;
  /** An account that is signed in and proves again who it is. */
  perProof: Limiter;
  /** Codes of a second factor, by account. */
  codesPerAccount: Limiter;
  /** Requests for a new password, by network and by e-mail address. */
  resetsPerCaller: Limiter;
  resetsPerAccount: Limiter;
}

/** The failures that are free within 15 minutes. Beyond them an attempt must bring a proof of work. */
export function signInLimits(db: Database): SignInLimits {
  return {
    perCaller: openLimiter(db, { keyPrefix: 'sign-in-caller', points: 30, seconds }),
    perAccount: openLimiter(db, { keyPrefix: 'sign-in-account', points: 6, seconds }),
    perBrowser: openLimiter(db, { keyPrefix: 'sign-in-browser', points: 10, seconds }),
    perProof: openLimiter(db, { keyPrefix: 'proof', points: 10, seconds }),
    codesPerAccount: openLimiter(db, { keyPrefix: 'code', points: 10, seconds }),
    resetsPerCaller: openLimiter(db, { keyPrefix: 'reset-caller', points: 10, seconds: 3600 }),
    resetsPerAccount: openLimiter(db, { keyPrefix: 'reset-account', points: 3, seconds: 3600 }),
  };
}
