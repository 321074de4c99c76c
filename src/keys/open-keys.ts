// Opens the keys of an installation, and replaces SECRET_KEY.
//
// 1. The database knows a fingerprint of its SECRET_KEY. A start with another key stops: it would forget all
//    suppressions, and every link in sent mail would be dead.
// 2. To replace the key, an admin names the former one in SECRET_KEY_PREVIOUS. The new key gets the next id
//    and signs; tokens of the former key are read for as long as it is named.
// 3. The key of suppressions never changes: their hashes outlive the addresses, so nobody could compute them
//    again. The database keeps it sealed with the current key, and seals it anew when the key is replaced.
import type { Db } from '../db.js';
import { seal, unseal } from '../sealed.js';
import { deriveKey, openKeyRing, type NumberedSecret, type Secrets } from '../secrets.js';
import { lockKeys, makeCurrent, selectKeys, type KeyRow } from './store.js';

/** SECRET_KEY does not belong to the database. The message is one line, for the terminal. */
export class KeyError extends Error {
  override name = 'KeyError';
}

export interface GivenKeys {
  secretKey: string;
  /** Former values, still read. */
  previousKeys: readonly string[];
}

/** Half of the octets suffice to tell keys apart, and reveal nothing of the key. */
const fingerprintOf = (secretKey: string): Buffer => deriveKey(secretKey, 'fingerprint').subarray(0, 16);

/** The fingerprint of a SECRET_KEY, in hex: a backup names its key by it. */
export const keyFingerprint = (secretKey: string): string => fingerprintOf(secretKey).toString('hex');

/** As `keys` and error messages show it. */
export const shownFingerprint = (fingerprint: Buffer): string => fingerprint.toString('hex').slice(0, 12);

const mostKeys = 255;

/**
 * The installation's secrets. Registers the first key of a database, and replaces a key that SECRET_KEY_PREVIOUS
 * names. Throws KeyError if the database knows another key.
 */
export async function openKeys(db: Db, given: GivenKeys): Promise<Secrets> {
  const opened = openWith(await selectKeys(db), given);
  if (opened) return opened;
  return db.transaction(async (tx) => {
    await lockKeys(tx);
    // Another process may have registered the key meanwhile.
    const rows = await selectKeys(tx);
    const openedNow = openWith(rows, given);
    if (openedNow) return openedNow;
    await register(tx, rows, given);
    const secrets = openWith(await selectKeys(tx), given);
    if (!secrets) throw new Error('the key that was just registered does not open');
    return secrets;
  });
}

/** The id of a key that the database knows. */
const idOf = (rows: readonly KeyRow[], secretKey: string): number | undefined =>
  rows.find(({ fingerprint }) => fingerprint.equals(fingerprintOf(secretKey)))?.id;

/** The secrets if SECRET_KEY is the database's current key. */
function openWith(rows: readonly KeyRow[], { secretKey, previousKeys }: GivenKeys): Secrets | undefined {
  const current = rows.find(({ replacedAt }) => replacedAt === null);
  if (current === undefined || current.id !== idOf(rows, secretKey)) return undefined;
  const suppressionKey = suppressionKeyOf(current, secretKey);
  const previous = previousKeys.flatMap((key): NumberedSecret[] => {
    const id = idOf(rows, key);
    return id === undefined || id === current.id ? [] : [{ id, secretKey: key }];
  });
  return openKeyRing({ id: current.id, secretKey }, previous, suppressionKey);
}

function suppressionKeyOf({ sealedSuppressionKey }: KeyRow, secretKey: string): Buffer {
  const key = sealedSuppressionKey && unseal(deriveKey(secretKey, 'seal'), sealedSuppressionKey);
  if (!key) throw new KeyError('the table secret_keys was changed: restore it from a backup');
  return key;
}

/** Makes SECRET_KEY the current key. */
async function register(tx: Db, rows: readonly KeyRow[], given: GivenKeys): Promise<void> {
  const { secretKey, previousKeys } = given;
  const current = rows.find(({ replacedAt }) => replacedAt === null);
  const former = previousKeys.find((key) => current?.fingerprint.equals(fingerprintOf(key)));
  if (current !== undefined && former === undefined) throw new KeyError(refusal(rows, current, secretKey));
  const suppressionKey =
    current !== undefined && former !== undefined
      ? suppressionKeyOf(current, former)
      : deriveKey(secretKey, 'address-hash');
  const id = idOf(rows, secretKey) ?? (rows.at(-1)?.id ?? 0) + 1;
  if (id > mostKeys) throw new KeyError(`SECRET_KEY was replaced ${mostKeys} times: return to a former key`);
  await makeCurrent(tx, {
    id,
    fingerprint: fingerprintOf(secretKey),
    sealedSuppressionKey: seal(deriveKey(secretKey, 'seal'), suppressionKey),
  });
}

function refusal(rows: readonly KeyRow[], current: KeyRow, secretKey: string): string {
  const known = rows.find(({ id }) => id === idOf(rows, secretKey));
  const is =
    known === undefined
      ? 'is not the key of this database'
      : `was replaced on ${known.replacedAt?.toISOString().slice(0, 10)}`;
  return (
    `SECRET_KEY (fingerprint ${shownFingerprint(fingerprintOf(secretKey))}) ${is}, whose current key has the fingerprint ` +
    `${shownFingerprint(current.fingerprint)}: set that key, or name it in SECRET_KEY_PREVIOUS to replace it`
  );
}

export interface KeyState {
  id: number;
  fingerprint: string;
  firstUsedAt: Date;
  replacedAt: Date | null;
  /** current: it signs. read: its tokens work. unread: SECRET_KEY_PREVIOUS does not name it. */
  state: 'current' | 'read' | 'unread';
}

/** Every key that the database has known, and `unknown`, the fingerprints of given keys that it has not. */
export async function listKeys(
  db: Db,
  { secretKey, previousKeys }: GivenKeys,
): Promise<{ keys: KeyState[]; unknown: string[] }> {
  const rows = await selectKeys(db);
  const given = [secretKey, ...previousKeys].map(fingerprintOf);
  const isGiven = (row: KeyRow): boolean => given.some((fingerprint) => fingerprint.equals(row.fingerprint));
  return {
    keys: rows.map((row) => ({
      id: row.id,
      fingerprint: shownFingerprint(row.fingerprint),
      firstUsedAt: row.firstUsedAt,
      replacedAt: row.replacedAt,
      state: !isGiven(row) ? 'unread' : row.replacedAt === null ? 'current' : 'read',
    })),
    unknown: given
      .filter((fingerprint) => !rows.some((row) => row.fingerprint.equals(fingerprint)))
      .map(shownFingerprint),
  };
}
