// Lists, adds and removes the passkeys of an account.
import type { Db } from '../../db.js';
import type { Log } from '../../log.js';
import type { Secrets } from '../../secrets.js';
import type { Account } from '../store.js';
import type { PasskeyChallenge } from './challenge.js';
import { rpIdOf } from './options.js';
import { deletePasskey, hasPasskeyFor, insertPasskey, selectPasskeys } from './store.js';
import { readCredential, verifyNew } from './verify.js';

export interface ListedPasskey {
  id: string;
  name: string;
  createdAt: Date;
  /** null: not yet. */
  usedAt: Date | null;
  /** The host for which it was made, if BASE_URL has another since: it cannot be used. */
  otherHost: string | undefined;
}

export async function listPasskeys(
  { db, baseUrl }: { db: Db; baseUrl: string },
  accountId: string,
): Promise<ListedPasskey[]> {
  const rpId = rpIdOf({ baseUrl });
  const rows = await selectPasskeys(db, accountId);
  return rows.map(({ id, name, createdAt, usedAt, rpId: host }) => ({
    id: id.toString('base64url'),
    name,
    createdAt,
    usedAt,
    otherHost: host === rpId ? undefined : host,
  }));
}

/** Somebody can sign in here with a passkey. */
export async function knowsPasskeys({ db, baseUrl }: { db: Db; baseUrl: string }): Promise<boolean> {
  const rpId = rpIdOf({ baseUrl });
  return rpId !== undefined && hasPasskeyFor(db, rpId);
}

/** False: refused, or too late, or an account has it already. `holder`: the token of the session's cookie. */
export async function addPasskey(
  deps: {
    db: Db;
    now: () => Date;
    log: Log;
    secrets: Secrets;
    baseUrl: string;
    takeChallenge(db: Db, challenge: PasskeyChallenge): Promise<boolean>;
  },
  { account, name, field, holder }: { account: Account; name: string; field: string; holder: string },
): Promise<boolean> {
  const given = readCredential(field);
  const made = given && (await verifyNew(deps, { answer: given.answer, holder }));
  if (!made || !(await deps.takeChallenge(deps.db, made.challenge))) return false;
  return insertPasskey(deps.db, { ...made, accountId: account.id, name, createdAt: deps.now() });
}

/** The name of the removed one. Undefined: the account has no such passkey. */
export const removePasskey = (
  tx: Db,
  { accountId, id }: { accountId: string; id: string },
): Promise<string | undefined> => deletePasskey(tx, accountId, Buffer.from(id, 'base64url'));
