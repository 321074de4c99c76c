// The SQL of the secrets for Ghost.
import type { Db } from '../db.js';

export interface GhostSecretRow {
  newsletterId: string;
  /** Null: removed. Empty: the newsletter's first secret. */
  salt: string | null;
  madeAt: Date;
}

export async function selectGhostSecrets(
  db: Db,
  newsletterIds: readonly string[],
): Promise<GhostSecretRow[]> {
  return db.query(
    'select newsletter_id, salt, made_at from ghost_secrets where newsletter_id = any ($1::bigint[])',
    [newsletterIds],
  );
}

export async function upsertGhostSecret(
  db: Db,
  { newsletterId, salt, madeAt }: GhostSecretRow,
): Promise<void> {
  await db.query(
    `insert into ghost_secrets (newsletter_id, salt, made_at) values ($1, $2, $3)
     on conflict (newsletter_id) do update set salt = excluded.salt, made_at = excluded.made_at`,
    [newsletterId, salt, madeAt],
  );
}
