// Signing in and out of the console.
//
// Guesses are limited by caller, and by caller and e-mail; never by e-mail alone, which would let anyone lock an
// account out. The cookie's token is stored hashed: who reads the database cannot sign in with it.
import { createHash } from 'node:crypto';
import type { Db } from '../db.js';
import { minute, hour } from '../durations.js';
import { isPassword } from './password.js';
import {
  deleteSession,
  insertSession,
  selectAccountByEmail,
  selectSession,
  touchSession,
  type Account,
} from './store.js';
import { hashToken, newToken } from './token.js';

/** A session ends this long after it was last used. */
export const idleMs = 24 * hour;
/** And this long after signing in, whatever happens. */
export const sessionMs = 14 * 24 * hour;

/** One try; answers how long to wait if there were too many. */
export interface SignInLimiter {
  take(key: string): Promise<{ ok: true } | { ok: false; retryAfter: number }>;
  /** A success: the tries before it do not count. */
  forget(key: string): Promise<void>;
}

export type SignInResult =
  | { ok: true; token: string; account: Account; expiresAt: Date }
  | { ok: false; code: 'wrong' }
  | { ok: false; code: 'too-many'; retryAfter: number };

export interface Session {
  account: Account;
  csrfToken: string;
}

// The e-mail is part of a key in rate_limits, which should hold no addresses.
const pairKey = (caller: string, email: string) =>
  createHash('sha256').update(`${caller} ${email.toLowerCase()}`).digest('base64url');

/** `caller` is the client's address (an IPv6 /64). Takes the same time whether or not there is such an account. */
export async function signIn(
  deps: { db: Db; now: () => Date; perCaller: SignInLimiter; perPair: SignInLimiter },
  { email, password, caller }: { email: string; password: string; caller: string },
): Promise<SignInResult> {
  const pair = pairKey(caller, email);
  for (const taken of [await deps.perCaller.take(caller), await deps.perPair.take(pair)])
    if (!taken.ok) return { ok: false, code: 'too-many', retryAfter: taken.retryAfter };
  const account = await selectAccountByEmail(deps.db, email);
  if (!(await isPassword(account?.passwordHash, password)) || !account) return { ok: false, code: 'wrong' };
  await deps.perPair.forget(pair);
  const now = deps.now();
  const token = newToken();
  const expiresAt = new Date(now.getTime() + sessionMs);
  await insertSession(deps.db, {
    tokenHash: hashToken(token),
    accountId: account.id,
    csrfToken: newToken(),
    now,
    expiresAt,
  });
  const { passwordHash: _, ...shown } = account;
  return { ok: true, token, account: shown, expiresAt };
}

/** Who the cookie's token signs in, or undefined. */
export async function readSession(
  deps: { db: Db; now: () => Date },
  token: string,
): Promise<Session | undefined> {
  const now = deps.now();
  const tokenHash = hashToken(token);
  const row = await selectSession(deps.db, tokenHash, now, new Date(now.getTime() - idleMs));
  if (!row) return undefined;
  // Once a minute is exact enough, and spares a write for each picture of a page.
  if (now.getTime() - row.seenAt.getTime() > minute) await touchSession(deps.db, tokenHash, now);
  const { csrfToken, seenAt: _, ...account } = row;
  return { account, csrfToken };
}

export async function signOut(deps: { db: Db }, token: string): Promise<void> {
  await deleteSession(deps.db, hashToken(token));
}
