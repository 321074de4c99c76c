// API keys. A key is dd_ and 256 random bits, and is shown once.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { isId } from '../ids.js';
import type { NewsletterIds, Role } from './permission.js';
import {
  insertApiKey,
  revokeKeyRow,
  selectApiKey,
  selectApiKeys,
  selectValidKey,
  touchApiKey,
  type ApiKey,
} from './store.js';
import { hashToken, newToken } from './token.js';

/** Creates a key, for all newsletters or for those named. `apiKey` is the only copy of the secret; the database holds its hash. */
export async function createApiKey(
  deps: { db: Db },
  {
    name,
    role,
    newsletterIds = null,
    expiresAt = null,
  }: { name: string; role: Role; newsletterIds?: NewsletterIds; expiresAt?: Date | null },
): Promise<{ apiKey: string; key: ApiKey }> {
  const apiKey = newToken('dd_');
  const keyHash = hashToken(apiKey);
  return { apiKey, key: await insertApiKey(deps.db, { name, role, newsletterIds, keyHash, expiresAt }) };
}

/** The key's id and role; undefined if the key is unknown, expired or revoked. */
export async function readApiKey(
  deps: { db: Db; now: () => Date },
  apiKey: string,
): Promise<ApiKey | undefined> {
  if (!/^dd_[\w-]{43}$/.test(apiKey)) return undefined;
  const now = deps.now();
  const key = await selectValidKey(deps.db, hashToken(apiKey), now);
  if (key && (key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() > minute))
    await touchApiKey(deps.db, key.id, now);
  return key;
}

export function listApiKeys(
  db: Db,
  { after = '0', limit }: { after?: string; limit: number },
): Promise<ApiKey[]> {
  return selectApiKeys(db, after, limit);
}

export async function getApiKey(db: Db, id: string): Promise<ApiKey | undefined> {
  return isId(id) ? selectApiKey(db, id) : undefined;
}

/** Revokes the key at once. False if there is no such key. */
export async function revokeApiKey(
  deps: { db: Db; now: () => Date },
  { id }: { id: string },
): Promise<boolean> {
  return isId(id) && (await revokeKeyRow(deps.db, id, deps.now())) === 1;
}
