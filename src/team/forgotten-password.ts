// Someone has forgotten a password. The answer is the same for every address, so that it does not tell who has an account.
import { recordAudit } from '../accounts/audit.js';
import { addressKey, type SignInLimits } from '../accounts/limits.js';
import { findAccount } from '../accounts/manage-accounts.js';
import type { Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { addLink, wakeMailer } from './send-link.js';

export type ForgottenResult = { ok: true } | { ok: false; code: 'too-many'; retryAfter: number };

/**
 * Sends a link to the account, if there is one. `caller` is the network (`callerKey`); undefined: this machine. Beyond the
 * limit of an account nothing is sent, and the answer does not say so.
 */
export async function forgottenPassword(
  deps: {
    db: Db;
    now: () => Date;
    enqueue: Enqueue;
    limits: Pick<SignInLimits, 'resetsPerCaller' | 'resetsPerAccount'>;
  },
  { email, caller }: { email: string; caller: string | undefined },
): Promise<ForgottenResult> {
  const { resetsPerCaller, resetsPerAccount } = deps.limits;
  const counted = caller === undefined ? undefined : await resetsPerCaller.take(caller);
  if (counted !== undefined && counted.beyond > 0)
    return { ok: false, code: 'too-many', retryAfter: counted.secondsLeft };
  const { beyond } = await resetsPerAccount.take(addressKey(email));
  const account = await findAccount(deps.db, email);
  if (account !== undefined && beyond === 0) {
    const now = deps.now();
    await deps.db.transaction(async (tx) => {
      const purpose = account.hasJoined ? 'reset' : 'invitation';
      await addLink(tx, { accountId: account.id, purpose, madeBy: null, now });
      await recordAudit(
        { db: tx, now: deps.now },
        { actor: { kind: 'anonymous' }, action: 'account.ask-reset', subject: `account:${account.id}` },
      );
    });
  }
  // For every address, so that the time tells nothing either.
  await wakeMailer(deps);
  return { ok: true };
}
