// An account sets up an authenticator app as its second factor, or gets recovery codes with its first passkey.
//
// 1. `startSetup` makes a secret. The page shows it as a QR code.
// 2. `confirmSetup` takes the first code of the app. Only now is the second factor in force. It makes recovery codes.
// 3. The page shows the recovery codes until the account has saved them (`endSetup`), for an hour at most.
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import type { Secrets } from '../secrets.js';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.js';
import { openSecret, sealSecret } from './sealed-secret.js';
import {
  countRecoveryCodes,
  replaceRecoveryCodes,
  selectFactor,
  setFactorSetup,
  setTotpSecret,
} from './store-factor.js';
import { newTotpSecret, totpStep } from './totp.js';

/** Milliseconds. */
export const setupTime = hour;

interface Deps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
}

/** Either of them. The recovery codes are in it only until the account has saved them. */
interface Setup {
  secret?: string;
  codes?: string[];
}

export interface FactorState {
  /** Recovery codes that were not used. */
  codesLeft: number;
  setup: Setup | undefined;
}

export async function readFactor({ db, now, secrets }: Deps, accountId: string): Promise<FactorState> {
  const row = await selectFactor(db, accountId);
  const isFresh = row?.factorSetupAt && now().getTime() - row.factorSetupAt.getTime() < setupTime;
  const opened = isFresh && row.factorSetup ? openSecret(secrets, row.factorSetup) : undefined;
  return {
    codesLeft: await countRecoveryCodes(db, accountId),
    setup: opened === undefined ? undefined : (JSON.parse(opened) as Setup),
  };
}

const keep = ({ db, secrets, now }: Deps, accountId: string, setup: Setup): Promise<void> =>
  setFactorSetup(db, accountId, sealSecret(secrets, JSON.stringify(setup)), now());

export async function startSetup(deps: Deps, accountId: string): Promise<void> {
  await keep(deps, accountId, { secret: newTotpSecret() });
}

/** False: this is not the code of the secret that was shown, or it was shown too long ago. Call it in a transaction. */
export async function confirmSetup(
  deps: Deps,
  { accountId, code }: { accountId: string; code: string },
): Promise<boolean> {
  const secret = (await readFactor(deps, accountId)).setup?.secret;
  const step = secret === undefined ? undefined : totpStep(secret, code.replaceAll(/\s/g, ''), deps.now());
  if (secret === undefined || step === undefined) return false;
  await setTotpSecret(deps.db, accountId, sealSecret(deps.secrets, secret), step);
  await giveFirstCodes(deps, accountId);
  return true;
}

/** Ends the set-up. An account that has recovery codes keeps them. */
export async function giveFirstCodes(deps: Deps, accountId: string): Promise<void> {
  if ((await countRecoveryCodes(deps.db, accountId)) === 0) await giveCodes(deps, accountId);
  else await endSetup(deps, accountId);
}

/** New recovery codes. The old ones no longer work. Call it in a transaction. */
export async function giveCodes(deps: Deps, accountId: string): Promise<void> {
  const codes = newRecoveryCodes();
  await replaceRecoveryCodes(
    deps.db,
    accountId,
    codes.flatMap((code) => recoveryHash(code) ?? []),
  );
  await keep(deps, accountId, { codes });
}

/** The account has saved its recovery codes, or gives the set-up up. */
export async function endSetup({ db, now }: Deps, accountId: string): Promise<void> {
  await setFactorSetup(db, accountId, null, now());
}
