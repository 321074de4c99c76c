// An account changes its own password. Its other sessions end, and a mail tells it: a thief who changed the password
// could otherwise stay unnoticed.
import { addMailTo } from '../account-mails/add.js';
import { recordAudit } from '../accounts/audit.js';
import { passwordProblem, type PasswordProblem } from '../accounts/choose-password.js';
import type { SignInLimits } from '../accounts/limits.js';
import { hashPassword } from '../accounts/password.js';
import type { Actor } from '../accounts/permission.js';
import { proveAccount } from '../accounts/prove.js';
import { endSessions } from '../accounts/sessions.js';
import { setAccountPassword } from '../accounts/manage-accounts.js';
import type { Session } from '../accounts/sign-in.js';
import type { Db } from '../db.js';
import { eventId } from './account-event.js';

export type ChangePasswordResult =
  | { ok: true }
  | { ok: false; code: PasswordProblem | 'wrong' }
  | { ok: false; code: 'too-many'; retryAfter: number };

/** `token` is the cookie of the session that stays. */
export async function changePassword(
  deps: { db: Db; now: () => Date; limits: Pick<SignInLimits, 'perProof'> },
  {
    account,
    old,
    chosen,
    token,
  }: { account: Session['account']; old: string; chosen: string; token: string },
): Promise<ChangePasswordResult> {
  const proved = await proveAccount(deps, { account, password: old });
  if (!proved.ok) return proved;
  const problem = passwordProblem(chosen, account.email);
  if (problem !== undefined) return { ok: false, code: problem };
  const actor: Actor = { kind: 'account', id: account.id, role: account.role };
  await storePassword(deps, { account, chosen, actor, token });
  return { ok: true };
}

/** Stores a password that was checked. All sessions end, except the one of `token`. */
export async function storePassword(
  deps: { db: Db; now: () => Date },
  {
    account,
    chosen,
    actor,
    token,
  }: { account: Pick<Session['account'], 'id'>; chosen: string; actor: Actor; token?: string },
): Promise<void> {
  const passwordHash = await hashPassword(chosen);
  const now = deps.now();
  await deps.db.transaction(async (tx) => {
    await setAccountPassword(tx, { id: account.id, passwordHash });
    await endSessions({ db: tx }, { accountId: account.id, token });
    const subjectId = eventId({ at: now, browser: undefined, system: undefined });
    await addMailTo(tx, { kind: 'password-changed', subjectId, accountId: account.id, now });
    await recordAudit(
      { db: tx, now: deps.now },
      { actor, action: 'account.change-password', subject: `account:${account.id}` },
    );
  });
}
