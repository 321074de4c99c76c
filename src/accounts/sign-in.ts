// Signs accounts in to the console, and out.
//
// 1. Each attempt counts for its caller and for the e-mail address, so that many networks cannot guess at one account.
// 2. Beyond a limit the attempt must bring a proof of work. Nobody is locked out: neither an account at which
//    strangers guess, nor people who share an address.
// 3. A browser from which this account has signed in before has a limit of its own, and needs no proof.
// 4. Only failures stay counted. They are in the log and in the audit log, by account and caller.
//
// The database stores the cookie's token as a hash, so a copy of the database does not allow a sign-in.
import type { Db } from '../db.js';
import { minute, hour } from '../durations.js';
import type { Log } from '../log.js';
import { recordAudit } from './audit.js';
import type { KnownBrowser } from './known-browser.js';
import { addressKey, type SignInLimits } from './limits.js';
import { isPassword } from './password.js';
import { checkCode, type CheckCodeResult, type CheckDeps } from './check-code.js';
import { deleteSession, insertSession, selectSession, touchSession } from './store-sessions.js';
import { selectAccountByEmail, type Account } from './store.js';
import { hashToken, newToken } from './token.js';

/** A session ends this long after its last use. */
export const idleMs = 24 * hour;
/** A session ends this long after signing in, even if it is in use. */
export const sessionMs = 14 * 24 * hour;
/** The time to enter the code of a second factor. */
const codeMs = 10 * minute;

const longestUserAgent = 400;

/** A proof gets twice as hard with each of these failures beyond the limit. */
const failuresEach = 10;
const hardest = 64;

/** `awaitsCode`: the session opens nothing but the page that asks for the code of the second factor. */
export interface SignedIn {
  ok: true;
  token: string;
  account: Account;
  expiresAt: Date;
  awaitsCode: boolean;
}

export type SignInResult =
  | SignedIn
  | { ok: false; code: 'wrong' }
  /** A proof of work is needed, `times` as hard as usual. Without one, the caller waits `retryAfter` seconds. */
  | { ok: false; code: 'proof-needed'; times: number; retryAfter: number };

export interface Session {
  account: Account;
  csrfToken: string;
  /** When the account last proved who it is. */
  provedAt: Date;
}

interface Deps {
  db: Db;
  now: () => Date;
  log: Log;
  limits: SignInLimits;
}

interface Attempt {
  email: string;
  password: string;
  /** The browser's name for itself. */
  userAgent?: string | undefined;
  /** The network (`callerKey`). Undefined: this machine, which is no single caller. */
  caller: string | undefined;
  knownBrowser?: KnownBrowser | undefined;
  /** Uses up the proof that came with the attempt. False: there is none that is `times` as hard as usual. */
  takeProof(times: number): Promise<boolean>;
}

interface Counted {
  /** 0: a proof is not needed. */
  timesAsHard: number;
  retryAfter: number;
  /** The attempt was no failure. */
  giveBack(): Promise<unknown>;
  /** The attempt succeeded. */
  forget(): Promise<unknown>;
}

async function count(
  { limits: { perCaller, perAccount, perBrowser } }: Deps,
  { email, caller, knownBrowser }: Attempt,
  account: Account | undefined,
): Promise<Counted> {
  if (knownBrowser !== undefined && knownBrowser.accountId === account?.id) {
    const { beyond } = await perBrowser.take(knownBrowser.id);
    if (beyond === 0) {
      const forget = () => perBrowser.forget(knownBrowser.id);
      return { timesAsHard: 0, retryAfter: 0, giveBack: forget, forget };
    }
  }
  const key = addressKey(email);
  const [forAccount, forCaller] = await Promise.all([
    perAccount.take(key),
    caller === undefined ? undefined : perCaller.take(caller),
  ]);
  const giveBackCaller = async () => (caller === undefined ? undefined : perCaller.giveBack(caller));
  const beyond = Math.max(forAccount.beyond, forCaller?.beyond ?? 0);
  return {
    timesAsHard: beyond === 0 ? 0 : Math.min(hardest, 2 ** Math.floor(beyond / failuresEach)),
    retryAfter: Math.max(forAccount.secondsLeft, forCaller?.secondsLeft ?? 0),
    giveBack: () => Promise.all([perAccount.giveBack(key), giveBackCaller()]),
    forget: () => Promise.all([perAccount.forget(key), giveBackCaller()]),
  };
}

/** In the log and the audit log, by account and caller. */
export async function recordFailedSignIn(
  { db, now, log }: Pick<Deps, 'db' | 'now' | 'log'>,
  { caller = 'this machine' }: { caller: string | undefined },
  account: Account | undefined,
): Promise<void> {
  log.warn({ account: account?.id ?? 'unknown', caller }, 'console: a sign-in failed');
  await recordAudit(
    { db, now },
    {
      actor: { kind: 'anonymous' },
      action: 'account.sign-in-failed',
      subject: account && `account:${account.id}`,
      detail: { caller },
    },
  );
}

/** Takes the same time whether or not the account exists. */
export async function signIn(deps: Deps, attempt: Attempt): Promise<SignInResult> {
  const account = await selectAccountByEmail(deps.db, attempt.email);
  const counted = await count(deps, attempt, account);
  const { timesAsHard: times, retryAfter } = counted;
  if (times > 0 && !(await attempt.takeProof(times))) {
    await counted.giveBack();
    return { ok: false, code: 'proof-needed', times, retryAfter };
  }
  if (!(await isPassword(account?.passwordHash ?? undefined, attempt.password)) || !account) {
    await recordFailedSignIn(deps, attempt, account);
    return { ok: false, code: 'wrong' };
  }
  await counted.forget();
  const { passwordHash: _, ...shown } = account;
  return openSession(deps, {
    account: shown,
    userAgent: attempt.userAgent,
    awaitsCode: account.hasSecondFactor,
  });
}

/** `provedAt`: when the account proved who it is, if not by this sign-in. */
export async function openSession(
  deps: { db: Db; now: () => Date },
  {
    account,
    userAgent = '',
    awaitsCode,
    provedAt,
  }: { account: Account; userAgent?: string | undefined; awaitsCode: boolean; provedAt?: Date },
): Promise<SignedIn> {
  const now = deps.now();
  const token = newToken();
  const expiresAt = new Date(now.getTime() + (awaitsCode ? codeMs : sessionMs));
  await insertSession(deps.db, {
    tokenHash: hashToken(token),
    accountId: account.id,
    csrfToken: newToken(),
    userAgent: userAgent.slice(0, longestUserAgent),
    awaitsCode,
    now,
    provedAt: provedAt === undefined || provedAt > now ? now : provedAt,
    expiresAt,
  });
  return { ok: true, token, account, expiresAt, awaitsCode };
}

/** The account whose password was right, and whose second factor is still to come. */
export async function readHalfSession(
  deps: { db: Db; now: () => Date },
  token: string,
): Promise<Session | undefined> {
  const now = deps.now();
  return selectSession(deps.db, hashToken(token), now, new Date(now.getTime() - codeMs), true);
}

export type SecondStepResult =
  | { ok: false; code: 'expired' }
  | Extract<CheckCodeResult, { ok: false }>
  | (SignedIn & { by: 'app' | 'recovery-code' });

/** The second step: the code. The session gets a new token, so that one which was fixed before opens nothing. */
export async function signInWithCode(
  deps: CheckDeps & { log: Log },
  {
    token,
    code,
    userAgent,
    caller,
  }: { token: string; code: string; userAgent: string; caller: string | undefined },
): Promise<SecondStepResult> {
  const half = await readHalfSession(deps, token);
  if (!half) return { ok: false, code: 'expired' };
  const { account } = half;
  const checked = await checkCode(deps, { accountId: account.id, code });
  if (!checked.ok) {
    if (checked.code === 'wrong') await recordFailedSignIn(deps, { caller }, account);
    return checked;
  }
  await deleteSession(deps.db, hashToken(token));
  return { ...(await openSession(deps, { account, userAgent, awaitsCode: false })), by: checked.by };
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
  return { account: row.account, csrfToken: row.csrfToken, provedAt: row.provedAt };
}

export async function signOut(deps: { db: Db }, token: string): Promise<void> {
  await deleteSession(deps.db, hashToken(token));
}
