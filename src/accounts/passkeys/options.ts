// What we ask a browser for: to make a passkey, or to sign with one. In the JSON of WebAuthn level 3.
//
// A person must always be verified by finger, face or PIN, and the passkey must know its account. So it is two factors in one, and
// signs in without a password too.
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { Db } from '../../db.js';
import type { Secrets } from '../../secrets.js';
import type { Account } from '../store.js';
import { makeChallenge } from './challenge.js';
import { selectPasskeys } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  baseUrl: string;
}

/** ES256 and RS256: every authenticator has one of them, and every supported Node verifies both. */
export const algorithms = [-7, -257];

/** The host for which passkeys are made. Undefined: browsers have none for this BASE_URL. */
export function rpIdOf({ baseUrl }: { baseUrl: string }): string | undefined {
  const { protocol, hostname } = new URL(baseUrl);
  const isName = isIP(hostname) === 0 && !hostname.startsWith('[');
  const isSecure = protocol === 'https:' || /(^|\.)localhost$/.test(hostname);
  return isName && isSecure ? hostname : undefined;
}

async function descriptors(db: Db, accountId: string, rpId: string) {
  const passkeys = await selectPasskeys(db, accountId);
  return passkeys
    .filter((passkey) => passkey.rpId === rpId)
    .map(({ id, transports }) => ({ type: 'public-key', id: id.toString('base64url'), transports }));
}

/** Undefined: browsers have no passkeys for this BASE_URL. */
export async function creationOptions(
  deps: Deps,
  { account, holder }: { account: Account; holder: string },
): Promise<object | undefined> {
  const rpId = rpIdOf(deps);
  if (rpId === undefined) return undefined;
  const keys = deps.secrets.derive('passkeys');
  return {
    rp: { id: rpId, name: rpId },
    user: {
      // The same for each passkey of the account, so that a password manager replaces a forgotten one. Another installation
      // at this host, at another port, must not get the same.
      id: createHmac('sha256', keys.current.bytes).update(`account:${account.id}`).digest('base64url'),
      name: account.email,
      displayName: account.email,
    },
    challenge: makeChallenge(keys, holder, deps.now()),
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: await descriptors(deps.db, account.id, rpId),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
    attestation: 'none',
  };
}

/** Without an account, the person chooses among all passkeys for this host. */
export async function requestOptions(
  deps: Deps,
  { accountId, holder }: { accountId?: string; holder: string },
): Promise<object | undefined> {
  const rpId = rpIdOf(deps);
  if (rpId === undefined) return undefined;
  return {
    rpId,
    challenge: makeChallenge(deps.secrets.derive('passkeys'), holder, deps.now()),
    allowCredentials: accountId === undefined ? [] : await descriptors(deps.db, accountId, rpId),
    userVerification: 'required',
  };
}
