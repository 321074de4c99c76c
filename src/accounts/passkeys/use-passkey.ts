// Uses a passkey: to sign in alone, to sign in after the password, or to prove once more who acts.
//
// 1. Each attempt counts for the account, with the codes of its second factor.
// 2. The answer signs a challenge of this holder, for our host and origin, by a verified person (verify.ts).
// 3. The challenge is used up, so that the same answer opens nothing again.
// 4. The signature counter must grow. One that does not comes from a copy of the passkey: it is refused and in the audit log.
import type { Db } from '../../db.js';
import type { Log } from '../../log.js';
import type { Secrets } from '../../secrets.js';
import { recordAudit } from '../audit.js';
import type { SignInLimits } from '../limits.js';
import { openSession, recordFailedSignIn, type Session, type SignedIn } from '../sign-in.js';
import { selectAccount, type Account } from '../store.js';
import { deleteSession, setProved } from '../store-sessions.js';
import { hashToken } from '../token.js';
import type { PasskeyChallenge } from './challenge.js';
import { countUse, selectPasskey } from './store.js';
import { readCredential, verifyUse } from './verify.js';

interface Deps {
  db: Db;
  now: () => Date;
  log: Log;
  secrets: Secrets;
  baseUrl: string;
  limits: Pick<SignInLimits, 'codesPerAccount' | 'perCaller'>;
  /** False: it was used before. */
  takeChallenge(db: Db, challenge: PasskeyChallenge): Promise<boolean>;
}

/** `wrong` also says that it took too long. */
export type PasskeyRefusal =
  { ok: false; code: 'wrong' | 'copied' } | { ok: false; code: 'too-many'; retryAfter: number };

interface Use {
  /** The field of the form: the credential as JSON. */
  field: string;
  /** The token of the cookie for which the challenge was made. */
  holder: string;
  /** The account that it must be of. Undefined: any. */
  account?: Account | undefined;
}

/** With the account that it is about, as far as it is known. */
async function usePasskey(
  deps: Deps,
  { field, holder, account: of }: Use,
): Promise<({ ok: true; account: Account } | PasskeyRefusal) & { account?: Account | undefined }> {
  const { db, now, log } = deps;
  const given = readCredential(field);
  const passkey = given && (await selectPasskey(db, given.id));
  const account = of ?? (passkey && (await selectAccount(db, passkey.accountId)));
  if (!account) return { ok: false, code: 'wrong' };
  const { codesPerAccount } = deps.limits;
  const { beyond, secondsLeft } = await codesPerAccount.take(account.id);
  if (beyond > 0) return { ok: false, code: 'too-many', retryAfter: secondsLeft, account };
  if (!given || passkey?.accountId !== account.id) return { ok: false, code: 'wrong', account };
  const used = await verifyUse(deps, { answer: given.answer, holder, passkey });
  if (!used || !(await deps.takeChallenge(db, used.challenge))) return { ok: false, code: 'wrong', account };
  if (!(await countUse(db, passkey.id, used.counter, now()))) {
    log.warn({ account: account.id }, 'console: the counter of a passkey went back');
    await recordAudit(deps, {
      actor: { kind: 'anonymous' },
      action: 'account.refuse-passkey',
      subject: `account:${account.id}`,
      detail: { passkey: passkey.name },
    });
    return { ok: false, code: 'copied', account };
  }
  await codesPerAccount.forget(account.id);
  return { ok: true, account };
}

/**
 * `half`: the session whose password was right; the passkey must be of its account, and `holder` is its token. Without it, the
 * passkey signs in alone, and the attempt counts for the caller too.
 */
export async function signInWithPasskey(
  deps: Deps,
  {
    field,
    holder,
    half,
    userAgent,
    caller,
  }: {
    field: string;
    holder: string;
    half?: Session | undefined;
    userAgent: string;
    caller: string | undefined;
  },
): Promise<SignedIn | PasskeyRefusal> {
  const { perCaller } = deps.limits;
  const counts = half === undefined && caller !== undefined;
  const counted = counts ? await perCaller.take(caller) : undefined;
  const giveBack = async () => (counts ? perCaller.giveBack(caller) : undefined);
  if (counted && counted.beyond > 0) {
    await giveBack();
    return { ok: false, code: 'too-many', retryAfter: counted.secondsLeft };
  }
  const used = await usePasskey(deps, { field, holder, account: half?.account });
  if (!used.ok) {
    if (used.code !== 'too-many') await recordFailedSignIn(deps, { caller }, used.account);
    return used;
  }
  await giveBack();
  if (half) await deleteSession(deps.db, hashToken(holder));
  return openSession(deps, { account: used.account, userAgent, awaitsCode: false });
}

/** Proves that the account of the session acts. `token` is the cookie of the session. */
export async function proveByPasskey(
  deps: Deps,
  { account, field, token }: { account: Account; field: string; token: string },
): Promise<{ ok: true } | PasskeyRefusal> {
  const used = await usePasskey(deps, { field, holder: token, account });
  if (used.ok) await setProved(deps.db, hashToken(token), deps.now());
  return used;
}
