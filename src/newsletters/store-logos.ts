// The rows of uploaded logos, and of the newsletters that have had them. A hash is given as hexadecimal digits.
import type { Db } from '../db.js';

export interface LogoRow {
  mediaType: string;
  content: Buffer;
}

/** Stores a logo. If it is stored already, it counts as uploaded now. */
export async function upsertLogo(
  db: Db,
  { hash, mediaType, content, at }: LogoRow & { hash: string; at: Date },
): Promise<void> {
  await db.query(
    `insert into logos (hash, media_type, content, uploaded_at) values (decode($1, 'hex'), $2, $3, $4)
     on conflict (hash) do update set uploaded_at = greatest(logos.uploaded_at, excluded.uploaded_at)`,
    [hash, mediaType, content, at],
  );
}

export async function selectLogo(db: Db, hash: string): Promise<LogoRow | undefined> {
  return db.maybeOne<LogoRow>(`select media_type, content from logos where hash = decode($1, 'hex')`, [hash]);
}

export async function logoExists(db: Db, hash: string): Promise<boolean> {
  const rows = await db.query(`select from logos where hash = decode($1, 'hex')`, [hash]);
  return rows.length > 0;
}

/** Records that the newsletter has this logo, if it is stored. */
export async function upsertUse(tx: Db, newsletterId: string, hash: string): Promise<void> {
  await tx.query(
    // Locked, so that deleteUnusedLogos skips the row.
    `insert into newsletter_logos (newsletter_id, hash, used_at)
     select $1, hash, now() from logos where hash = decode($2, 'hex') for key share
     on conflict (newsletter_id, hash) do update set used_at = excluded.used_at`,
    [newsletterId, hash],
  );
}

/** Forgets all but the `most` latest logos of the newsletter. */
export async function deleteOldUses(tx: Db, newsletterId: string, most: number): Promise<void> {
  await tx.query(
    `delete from newsletter_logos where newsletter_id = $1 and hash in (
       select hash from newsletter_logos where newsletter_id = $1 order by used_at desc, hash offset $2)`,
    [newsletterId, most],
  );
}

export async function selectUses(tx: Db, newsletterId: string): Promise<string[]> {
  const rows = await tx.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from newsletter_logos where newsletter_id = $1`,
    [newsletterId],
  );
  return rows.map(({ hash }) => hash);
}

/** Of `among`, deletes the logos that no newsletter has had. */
export async function deleteLogosWithoutUse(tx: Db, among: readonly string[]): Promise<void> {
  await tx.query(
    `delete from logos l where encode(hash, 'hex') = any($1)
       and not exists (select from newsletter_logos u where u.hash = l.hash)`,
    [among],
  );
}

/** Deletes logos that were last uploaded before `before`, and that no newsletter has had. Returns how many. */
export async function deleteUnusedLogos(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.change(
    `delete from logos where hash in (
       select l.hash from logos l
       where l.uploaded_at < $1 and not exists (select from newsletter_logos u where u.hash = l.hash)
       limit $2 for update skip locked)`,
    [before, limit],
  );
}
