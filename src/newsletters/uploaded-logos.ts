// Uploaded logos, in the database: a backup has them, and all hosts serve them.
//
// - An upload is stored at once, before any look names it: a preview shows it.
// - The look that is saved with it makes it a logo of the newsletter. It then stays as long as the newsletter, after it was
//   replaced too, because mails in readers' mailboxes load it. Of a newsletter that changes its logo all the time, the
//   latest 100 stay.
// - A logo that no look was saved with is deleted after a week.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { hashOfLogo, logoPath, uploadedLogo, type LogoMediaType } from './logo-address.js';
import type { Look } from './look.js';
import * as store from './store-logos.js';

const logosKept = 100;
const unusedFor = 7 * day;
const forgottenAtOnce = 100;

/** Stores a picture that was checked. Returns the path of its address. */
export async function storeLogo(
  { db, now }: { db: Db; now: () => Date },
  { content, mediaType }: { content: Buffer; mediaType: LogoMediaType },
): Promise<string> {
  const hash = hashOfLogo(content);
  await store.upsertLogo(db, { hash, mediaType, content, at: now() });
  return logoPath(hash, mediaType);
}

/** The content and media type of a logo by its hash; undefined: it is not stored here. */
export async function findLogo(db: Db, hash: string): Promise<store.LogoRow | undefined> {
  return store.selectLogo(db, hash);
}

/** The path from which we serve the logo at `address`; undefined: no logo that was uploaded here is there. */
export async function storedLogoPath(db: Db, address: string): Promise<string | undefined> {
  const named = uploadedLogo(address);
  if (named === undefined || !(await store.logoExists(db, named.hash))) return undefined;
  return logoPath(named.hash, named.mediaType);
}

/** Keeps the logo of a look that is saved, if it was uploaded. */
export async function keepLogo(tx: Db, newsletterId: string, { logo }: Look): Promise<void> {
  const named = logo === null ? undefined : uploadedLogo(logo.url);
  if (named === undefined) return;
  await store.upsertUse(tx, newsletterId, named.hash);
  await store.deleteOldUses(tx, newsletterId, logosKept);
}

/** Runs `remove`, which deletes the newsletter, and deletes those of its logos that no other newsletter has had. */
export async function withoutItsLogos(
  tx: Db,
  newsletterId: string,
  remove: () => Promise<void>,
): Promise<void> {
  const logos = await store.selectUses(tx, newsletterId);
  await remove();
  if (logos.length > 0) await store.deleteLogosWithoutUse(tx, logos);
}

/** Deletes uploads that were never saved in a look. Returns how many. */
export function forgetLogos({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  const before = new Date(now().getTime() - unusedFor);
  return store.deleteUnusedLogos(db, { before, limit: forgottenAtOnce });
}
