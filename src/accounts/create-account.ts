// Creates an account for the console.
import type { Db } from '../db.js';
import { passwordProblem, type PasswordProblem } from './choose-password.js';
import { hashPassword } from './password.js';
import type { Role } from './permission.js';
import { insertAccount, type Account } from './store.js';

export type CreateAccountResult =
  | { ok: true; account: Account }
  | { ok: false; code: 'email-taken' }
  | { ok: false; code: 'weak-password'; problem: PasswordProblem };

/** Returns 'email-taken' if an account has this address. Addresses that differ only in case are the same. */
export async function createAccount(
  deps: { db: Db },
  { email, password, role }: { email: string; password: string; role: Role },
): Promise<CreateAccountResult> {
  const problem = passwordProblem(password, email);
  if (problem !== undefined) return { ok: false, code: 'weak-password', problem };
  const account = await insertAccount(deps.db, {
    email,
    passwordHash: await hashPassword(password),
    role,
    language: 'en',
  });
  return account ? { ok: true, account } : { ok: false, code: 'email-taken' };
}
