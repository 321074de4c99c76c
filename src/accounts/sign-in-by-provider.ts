// Signs an account in through a provider, and proves again by it who acts.
//
// - A person whom the provider names by issuer and subject has signed in before: their account is known.
// - Else the verified address names the account, once. From then on issuer and subject do.
// - Nobody gets an account by signing in. Invitations make accounts, and give them their roles.
// - Our second factor is not asked for. How the provider makes sure of a person is its own business.
import type { Database, Db } from '../db.js';
import { minute } from '../durations.js';
import type { Log } from '../log.js';
import { recordAudit } from './audit.js';
import { openSession, recordFailedSignIn, type SignedIn } from './sign-in.js';
import { selectAccount, selectAccountByEmail, type Account } from './store.js';
import { setProved } from './store-sessions.js';
import { hashToken } from './token.js';
import type { ProviderIdentity } from './sign-in-provider.js';
import { hasIdentityAt, insertIdentity, selectAccountByIdentity } from './store-identities.js';

/** `other-person`: the account with this address belongs to another person at the provider. */
export type ProviderSignInRefusal = 'unverified' | 'no-account' | 'other-person';

export type ProviderSignInResult = SignedIn | { ok: false; code: ProviderSignInRefusal };

interface Deps {
  db: Database;
  now: () => Date;
  log: Log;
}

type Found = { account: Account } | { refused: ProviderSignInRefusal; account?: Account | undefined };

async function findAccountOf(deps: Deps, identity: ProviderIdentity): Promise<Found> {
  const known = await selectAccountByIdentity(deps.db, identity);
  if (known) return { account: known };
  const { email, isVerified } = identity;
  if (email === undefined || !isVerified) return { refused: 'unverified' };
  const named = await selectAccountByEmail(deps.db, email);
  if (!named) return { refused: 'no-account' };
  const isLinked = await linkAccount(deps, named, identity);
  // Two tabs of one person may come here at once.
  const linked = isLinked
    ? await selectAccount(deps.db, named.id)
    : await selectAccountByIdentity(deps.db, identity);
  return linked ? { account: linked } : { refused: 'other-person', account: named };
}

function linkAccount(
  { db, now }: Deps,
  account: Account,
  { issuer, subject }: ProviderIdentity,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const inserted = await insertIdentity(tx, { issuer, subject, accountId: account.id, now: now() });
    if (inserted === 0) return false;
    await recordAudit(
      { db: tx, now },
      {
        actor: { kind: 'account', id: account.id, role: account.role },
        action: 'account.link-identity',
        subject: `account:${account.id}`,
      },
    );
    return true;
  });
}

export async function signInByProvider(
  deps: Deps,
  {
    identity,
    userAgent,
    caller,
  }: { identity: ProviderIdentity; userAgent: string; caller: string | undefined },
): Promise<ProviderSignInResult> {
  const found = await findAccountOf(deps, identity);
  if ('refused' in found) {
    await recordFailedSignIn(deps, { caller }, found.account);
    return { ok: false, code: found.refused };
  }
  return openSession(deps, {
    account: found.account,
    userAgent,
    awaitsCode: false,
    // A provider that remembers the person asks nothing. Dangerous acts then want a proof.
    provedAt: identity.authenticatedAt ?? new Date(0),
  });
}

/** The clocks of the provider and of the database may differ by so much. */
const clocksDiffer = minute;

/** `not-asked`: the provider let the person through without asking. */
export type ProviderProofResult = { ok: true } | { ok: false; code: 'another-account' | 'not-asked' };

/** Proves that the account of the session acts, by a sign-in that began at `startedAt` and asked the person again. */
export async function proveByProvider(
  deps: { db: Db; now: () => Date },
  {
    account,
    identity,
    startedAt,
    token,
  }: { account: Account; identity: ProviderIdentity; startedAt: Date; token: string },
): Promise<ProviderProofResult> {
  const known = await selectAccountByIdentity(deps.db, identity);
  if (known?.id !== account.id) return { ok: false, code: 'another-account' };
  const { authenticatedAt } = identity;
  const isFresh =
    authenticatedAt !== undefined && authenticatedAt.getTime() >= startedAt.getTime() - clocksDiffer;
  if (!isFresh) return { ok: false, code: 'not-asked' };
  await setProved(deps.db, hashToken(token), deps.now());
  return { ok: true };
}

/** True: the account has signed in through the provider, so that the provider can prove it. */
export const isKnownAt = (
  { db }: { db: Db },
  { accountId, issuer }: { accountId: string; issuer: string },
): Promise<boolean> => hasIdentityAt(db, accountId, issuer);
