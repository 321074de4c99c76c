// Signs accounts in to the console, and out.
//
// Attempts are limited per caller, and per caller and e-mail address. A limit per e-mail address alone would
// let an attacker lock an account out. The database stores the cookie's token as a hash, so a copy of the
// database does not allow a sign-in.
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

/** A session ends this long after its last use. */
export const idleMs = 24 * hour;
/** A session ends this long after signing in, even if it is in use. */
export const sessionMs = 14 * 24 * hour;

/** Limits attempts to sign in. `take` counts one attempt; `retryAfter` is in seconds. */
export interface SignInLimiter {
  take(key: string): Promise<{ ok: true } | { ok: false; retryAfter: number }>;
  /** Resets the count. Call it after a successful sign-in. */
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

// The hash hides the e-mail address: the key goes into rate_limits, which must hold no addresses.
const pairKey = (caller: string, email: string) =>
  createHash('sha256').update(`${caller} ${email.toLowerCase()}`).digest('base64url');

/** `caller` is the client's address (an IPv6 /64). Takes the same time whether or not the account exists. */
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

/** The account that the cookie's token belongs to, or undefined. */
export async function readSession(
  deps: { db: Db; now: () => Date },
  token: string,
): Promise<Session | undefined> {
  const now = deps.now();
  const tokenHash = hashToken(token);
  const row = await selectSession(deps.db, tokenHash, now, new Date(now.getTime() - idleMs));
  if (!row) return undefined;
  // One update a minute is precise enough, and saves a write for each image of a page.
  if (now.getTime() - row.seenAt.getTime() > minute) await touchSession(deps.db, tokenHash, now);
  const { csrfToken, seenAt: _, ...account } = row;
  return { account, csrfToken };
}

export async function signOut(deps: { db: Db }, token: string): Promise<void> {
  await deleteSession(deps.db, hashToken(token));
}
