// The rows of images: one for each address, shared by all posts that show it.
import type { Db } from '../db.js';

export interface ImageRow {
  id: string;
  url: string;
  width: number | null;
  height: number | null;
  measuredAt: Date | null;
}

/** Adds rows for those `urls` that have none. */
export async function insertImages(db: Db, urls: readonly string[]): Promise<void> {
  await db.query(
    `insert into images (url_hash, url)
     select sha256(convert_to(u, 'UTF8')), u from (select distinct unnest($1::text[]) as u) given
     on conflict (url_hash) do nothing`,
    [urls],
  );
}

export async function selectImages(db: Db, urls: readonly string[]): Promise<ImageRow[]> {
  return db.query(
    `select id, url, width, height, measured_at from images
     where url_hash = any (select sha256(convert_to(u, 'UTF8')) from unnest($1::text[]) as u)`,
    [urls],
  );
}

export async function selectImageUrl(db: Db, id: string): Promise<string | undefined> {
  return (await db.maybeOne<{ url: string }>('select url from images where id = $1', [id]))?.url;
}

/** The images of the newest posts whose feeds do not give a size. */
export async function selectUnknownImages(db: Db, limit: number): Promise<string[]> {
  const rows = await db.query<{ url: string }>(
    `select image ->> 'url' as url from posts
     where image is not null and image -> 'width' is null order by id desc limit $1`,
    [limit],
  );
  return rows.map(({ url }) => url);
}

/** The HTML of the newest posts that came after `since`, that mails carry whole and that contain images. */
export async function selectNewBodies(
  db: Db,
  { since, limit }: { since: Date; limit: number },
): Promise<string[]> {
  const rows = await db.query<{ html: string }>(
    // Only the newest: older posts were examined before, and this must not read the whole table each minute.
    `select p.html from (select * from posts order by id desc limit $1) p
     join newsletters n on n.id = p.newsletter_id
     where n.content = 'full' and p.first_seen_at > $2 and p.html like '%<img %'`,
    [limit, since],
  );
  return rows.map(({ html }) => html);
}

/** Claims the newest rows without a size, and counts the try before it is made. */
export async function claimUnmeasured(
  db: Db,
  { limit, triesAtMost }: { limit: number; triesAtMost: number },
): Promise<{ id: string; url: string; tries: number }[]> {
  return db.query(
    `update images set tries = tries + 1 where id in (
       select id from images where measured_at is null and tries < $2
       order by tries, id desc limit $1 for update skip locked)
     returning id, url, tries`,
    [limit, triesAtMost],
  );
}

/** null: there is no picture, and it is not asked for again. */
export async function recordSize(
  db: Db,
  id: string,
  size: { width: number; height: number } | null,
): Promise<void> {
  await db.query('update images set width = $2, height = $3, measured_at = now() where id = $1', [
    id,
    size?.width ?? null,
    size?.height ?? null,
  ]);
}
