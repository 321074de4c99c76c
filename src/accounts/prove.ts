// An account that is signed in proves once more who it is, before an act that would help a thief of its session.
import type { Db } from '../db.js';
import type { SignInLimits } from './limits.js';
import { isPassword } from './password.js';
import { selectAccountByEmail, type Account } from './store.js';

export type ProveResult =
  { ok: true } | { ok: false; code: 'wrong' } | { ok: false; code: 'too-many'; retryAfter: number };

/** Compares the password. Too many wrong ones are refused without a comparison. */
export async function proveAccount(
  deps: { db: Db; limits: Pick<SignInLimits, 'perProof'> },
  { account, password }: { account: Account; password: string },
): Promise<ProveResult> {
  const { beyond, secondsLeft } = await deps.limits.perProof.take(account.id);
  if (beyond > 0) return { ok: false, code: 'too-many', retryAfter: secondsLeft };
  const current = await selectAccountByEmail(deps.db, account.email);
  if (!(await isPassword(current?.passwordHash ?? undefined, password))) return { ok: false, code: 'wrong' };
  await deps.limits.perProof.forget(account.id);
  return { ok: true };
}
