// The SQL for second factors.
import type { Db } from '../db.js';

export interface FactorRow {
  /** Sealed. null: the account has no app. */
  totpSecret: Buffer | null;
  /** Sealed. What the account sets up, or the recovery codes that it has yet to save. */
  factorSetup: Buffer | null;
  factorSetupAt: Date | null;
}

export function selectFactor(db: Db, accountId: string): Promise<FactorRow | undefined> {
  return db.maybeOne<FactorRow>(
    'select totp_secret, factor_setup, factor_setup_at from accounts where id = $1',
    [accountId],
  );
}

/** null: nothing is being set up any more. */
export async function setFactorSetup(
  db: Db,
  accountId: string,
  setup: Buffer | null,
  now: Date,
): Promise<void> {
  await db.change(
    'update accounts set factor_setup = $2, factor_setup_at = case when $2::bytea is not null then $3::timestamptz end where id = $1',
    [accountId, setup, now],
  );
}

/** `step` is that of the first code, which is thereby used. */
export async function setTotpSecret(tx: Db, accountId: string, secret: Buffer, step: number): Promise<void> {
  await tx.change('update accounts set totp_secret = $2, totp_step = $3 where id = $1', [
    accountId,
    secret,
    step,
  ]);
}

/** False: a code of this step or a later one was used before. */
export async function useTotpStep(db: Db, accountId: string, step: number): Promise<boolean> {
  const used = await db.change(
    'update accounts set totp_step = $2 where id = $1 and totp_secret is not null and totp_step < $2',
    [accountId, step],
  );
  return used === 1;
}

export async function replaceRecoveryCodes(
  tx: Db,
  accountId: string,
  hashes: readonly Buffer[],
): Promise<void> {
  await tx.change('delete from recovery_codes where account_id = $1', [accountId]);
  await tx.change(
    'insert into recovery_codes (account_id, code_hash) select $1, hash from unnest($2::bytea[]) hash',
    [accountId, hashes],
  );
}

/** False: there is no such code, or it was used. */
export async function useRecoveryCode(db: Db, accountId: string, hash: Buffer): Promise<boolean> {
  const used = await db.change('delete from recovery_codes where account_id = $1 and code_hash = $2', [
    accountId,
    hash,
  ]);
  return used === 1;
}

export async function countRecoveryCodes(db: Db, accountId: string): Promise<number> {
  const { codes } = await db.one<{ codes: number }>(
    'select count(*)::int as codes from recovery_codes where account_id = $1',
    [accountId],
  );
  return codes;
}

/** The app and the recovery codes. False: the account has no app. */
export async function deleteFactor(tx: Db, accountId: string): Promise<boolean> {
  await tx.change('delete from recovery_codes where account_id = $1', [accountId]);
  const row = await tx.maybeOne<{ hadApp: boolean }>(
    `update accounts set totp_secret = null, totp_step = 0, factor_setup = null, factor_setup_at = null
       from (select totp_secret is not null as had_app from accounts where id = $1 for update) as before
      where id = $1 returning had_app`,
    [accountId],
  );
  return row?.hadApp === true;
}
