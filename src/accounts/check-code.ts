// Checks a code of an account: of its authenticator app, or a recovery code. Each is accepted once.
import type { Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import type { SignInLimits } from './limits.js';
import { recoveryHash } from './recovery-codes.js';
import { openSecret } from './sealed-secret.js';
import { selectFactor, useRecoveryCode, useTotpStep } from './store-factor.js';
import { totpStep } from './totp.js';

export interface CheckDeps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  limits: Pick<SignInLimits, 'codesPerAccount'>;
}

export type CheckCodeResult =
  | { ok: true; by: 'app' | 'recovery-code' }
  | { ok: false; code: 'wrong' }
  | { ok: false; code: 'too-many'; retryAfter: number };

/** Beyond the limit of the account, no code is compared: six digits could be guessed. */
export async function checkCode(
  deps: CheckDeps,
  { accountId, code }: { accountId: string; code: string },
): Promise<CheckCodeResult> {
  const { beyond, secondsLeft } = await deps.limits.codesPerAccount.take(accountId);
  if (beyond > 0) return { ok: false, code: 'too-many', retryAfter: secondsLeft };
  const by = await takeCode(deps, accountId, code);
  if (by === undefined) return { ok: false, code: 'wrong' };
  await deps.limits.codesPerAccount.forget(accountId);
  return { ok: true, by };
}

async function takeCode(
  { db, now, secrets }: CheckDeps,
  accountId: string,
  typed: string,
): Promise<'app' | 'recovery-code' | undefined> {
  const digits = typed.replaceAll(/\s/g, '');
  if (/^\d{6}$/.test(digits)) {
    const factor = await selectFactor(db, accountId);
    const secret = factor?.totpSecret ? openSecret(secrets, factor.totpSecret) : undefined;
    const step = secret === undefined ? undefined : totpStep(secret, digits, now());
    return step !== undefined && (await useTotpStep(db, accountId, step)) ? 'app' : undefined;
  }
  const hash = recoveryHash(typed);
  return hash !== undefined && (await useRecoveryCode(db, accountId, hash)) ? 'recovery-code' : undefined;
}
