// An account that is signed in proves once more who it is, before an act that would help a thief of its session: by the
// code of its second factor, else by its password.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import type { Secrets } from '../secrets.js';
import type { SignInLimits } from './limits.js';
import { isPassword } from './password.js';
import { checkCode } from './check-code.js';
import { selectAccountByEmail, type Account } from './store.js';
import { setProved } from './store-sessions.js';
import { hashToken } from './token.js';

/** Milliseconds: so long a proof is good for dangerous acts. */
export const proofMs = 10 * minute;

export type ProveResult =
  { ok: true } | { ok: false; code: 'wrong' } | { ok: false; code: 'too-many'; retryAfter: number };

/** Compares the password. Too many wrong ones are refused without a comparison. */
export async function proveAccount(
  deps: { db: Db; limits: Pick<SignInLimits, 'perProof'> },
  { account, password }: { account: Pick<Account, 'id' | 'email'>; password: string },
): Promise<ProveResult> {
  const { beyond, secondsLeft } = await deps.limits.perProof.take(account.id);
  if (beyond > 0) return { ok: false, code: 'too-many', retryAfter: secondsLeft };
  const current = await selectAccountByEmail(deps.db, account.email);
  if (!(await isPassword(current?.passwordHash ?? undefined, password))) return { ok: false, code: 'wrong' };
  await deps.limits.perProof.forget(account.id);
  return { ok: true };
}

/** `given` is a code if the account has a second factor, else the password. `token` is the cookie of the session. */
export async function proveSession(
  deps: {
    db: Db;
    now: () => Date;
    secrets: Secrets;
    limits: Pick<SignInLimits, 'perProof' | 'codesPerAccount'>;
  },
  { account, given, token }: { account: Account; given: string; token: string },
): Promise<ProveResult> {
  const proved = account.hasSecondFactor
    ? await checkCode(deps, { accountId: account.id, code: given })
    : await proveAccount(deps, { account, password: given });
  if (!proved.ok) return proved;
  await setProved(deps.db, hashToken(token), deps.now());
  return { ok: true };
}
