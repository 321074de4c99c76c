// Makes, replaces and removes the secret by which Ghost signs its calls for a newsletter.
import { randomBytes } from 'node:crypto';
import type { Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import { ghostSecret } from './signature.js';
import { selectGhostSecrets, upsertGhostSecret, type GhostSecretRow } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
}

/** What a publisher enters in Ghost. */
export interface GhostEntry {
  url: string;
  secret: string;
}

const entryOf = (
  { secrets, baseUrl }: Pick<Deps, 'secrets'> & { baseUrl: string },
  newsletterId: string,
  salt: string,
): GhostEntry => ({
  url: `${baseUrl}/hooks/ghost/${newsletterId}`,
  secret: ghostSecret(secrets, { newsletterId, salt }),
});

/** The salt by which calls are checked. Null: no call is accepted. */
export async function ghostSaltOf(db: Db, newsletterId: string): Promise<string | null> {
  const [row] = await selectGhostSecrets(db, [newsletterId]);
  return row === undefined ? '' : row.salt;
}

/** The secrets that were made, without those that were removed. */
export async function listGhostSecrets(db: Db, newsletterIds: readonly string[]): Promise<GhostSecretRow[]> {
  return (await selectGhostSecrets(db, newsletterIds)).filter(({ salt }) => salt !== null);
}

/**
 * Makes a secret, and ends the one before it. The first one is that of earlier programs, so that a webhook with it goes
 * on.
 */
export async function makeGhostSecret(
  deps: Deps & { baseUrl: string },
  newsletterId: string,
): Promise<GhostEntry> {
  const [row] = await selectGhostSecrets(deps.db, [newsletterId]);
  const salt = row === undefined ? '' : randomBytes(9).toString('base64url');
  await upsertGhostSecret(deps.db, { newsletterId, salt, madeAt: deps.now() });
  return entryOf(deps, newsletterId, salt);
}

/** The present secret again; one is made if there is none. */
export async function showGhostSecret(
  deps: Deps & { baseUrl: string },
  newsletterId: string,
): Promise<GhostEntry> {
  const [row] = await listGhostSecrets(deps.db, [newsletterId]);
  const salt = row?.salt ?? undefined;
  return salt === undefined ? makeGhostSecret(deps, newsletterId) : entryOf(deps, newsletterId, salt);
}

/** No call of Ghost is accepted from now on. */
export async function removeGhostSecret(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  newsletterId: string,
): Promise<void> {
  await upsertGhostSecret(db, { newsletterId, salt: null, madeAt: now() });
}
