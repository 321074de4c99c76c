// The SQL for passkeys.
import type { Db } from '../../db.js';

export interface PasskeyRow {
  id: Buffer;
  accountId: string;
  name: string;
  publicKey: Buffer;
  transports: string[];
  rpId: string;
  createdAt: Date;
  usedAt: Date | null;
}

const columns = 'id, account_id, name, public_key, transports, rp_id, created_at, used_at';

export const selectPasskeys = (db: Db, accountId: string): Promise<PasskeyRow[]> =>
  db.query<PasskeyRow>(`select ${columns} from passkeys where account_id = $1 order by created_at, id`, [
    accountId,
  ]);

export const selectPasskey = (db: Db, id: Buffer): Promise<PasskeyRow | undefined> =>
  db.maybeOne<PasskeyRow>(`select ${columns} from passkeys where id = $1`, [id]);

/** An account has at least one that works at this host. */
export async function hasPasskeyFor(db: Db, rpId: string): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    'select exists (select from passkeys where rp_id = $1) as found',
    [rpId],
  );
  return found;
}

/** False: an account has it already. */
export async function insertPasskey(
  tx: Db,
  passkey: Omit<PasskeyRow, 'usedAt'> & { counter: number },
): Promise<boolean> {
  const inserted = await tx.change(
    `insert into passkeys (id, account_id, name, public_key, counter, transports, rp_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
    [
      passkey.id,
      passkey.accountId,
      passkey.name,
      passkey.publicKey,
      passkey.counter,
      passkey.transports,
      passkey.rpId,
      passkey.createdAt,
    ],
  );
  return inserted === 1;
}

/** False: the counter has not grown since the last use. 0 twice: the authenticator does not count. */
export async function countUse(db: Db, id: Buffer, counter: number, now: Date): Promise<boolean> {
  const counted = await db.change(
    'update passkeys set counter = $2, used_at = $3 where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))',
    [id, counter, now],
  );
  return counted === 1;
}

/** The name of the passkey. Undefined: the account has none with this id. */
export async function deletePasskey(tx: Db, accountId: string, id: Buffer): Promise<string | undefined> {
  const row = await tx.maybeOne<{ name: string }>(
    'delete from passkeys where id = $1 and account_id = $2 returning name',
    [id, accountId],
  );
  return row?.name;
}

/** How many there were. */
export const deletePasskeysOf = (tx: Db, accountId: string): Promise<number> =>
  tx.change('delete from passkeys where account_id = $1', [accountId]);
