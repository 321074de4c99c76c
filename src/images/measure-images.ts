// Measures the images whose size no feed says, in the background: a mail that knows them does not jump while they load.
//
// 1. The newest posts' images that are not known yet get a row, those within the text too where mails carry it whole.
// 2. Rows that are not measured are claimed, a few at a time. 3. The beginning of each is fetched; its size is recorded, or
// that there is no picture. What fails is tried three times.
import type { Db } from '../db.js';
import { readAllowance } from '../outbound/private-addresses.js';
import { imageUrlsIn } from '../posts/image-urls.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { fetchImage, type ImageSource } from './fetch-image.js';
import { pictureSize, pictureType } from './picture.js';
import * as store from './store.js';

export interface MeasureDeps {
  db: Db;
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
}

const postsLookedAt = 500;
const bodiesLookedAt = 200;
const atOnce = 6;
const perRound = 24;
/** A minute of work at the very most; the next job goes on. */
const rounds = 8;
const triesAtMost = 3;
// Photographs carry a preview and colour profiles before their size.
const beginning = 256 * 1024;

/** How many sizes are known now that were not. */
export async function measureImages(deps: MeasureDeps): Promise<{ measured: number }> {
  const { db } = deps;
  const own = (await store.selectUnknownImages(db, postsLookedAt)).flatMap(
    (url) => secureImageUrl(url) ?? [],
  );
  const inside = (await store.selectNewBodies(db, bodiesLookedAt)).flatMap((html) =>
    imageUrlsIn(html, { unsized: true }),
  );
  await store.insertImages(db, [...own, ...inside]);
  const source = { baseUrl: deps.baseUrl, allowance: readAllowance(deps.allowPrivateFeeds) };
  let measured = 0;
  for (let round = 0; round < rounds; round += 1) {
    const claimed = await store.claimUnmeasured(db, { limit: perRound, triesAtMost });
    for (let at = 0; at < claimed.length; at += atOnce)
      for (const found of await Promise.all(
        claimed.slice(at, at + atOnce).map((image) => measure(db, source, image)),
      ))
        measured += Number(found);
    if (claimed.length < perRound) break;
  }
  return { measured };
}

/** Its size; 'none': what is there is no picture; 'gone': nothing is there; else nothing is known of it. */
async function look(source: ImageSource, url: string) {
  const fetched = await fetchImage(source, url, { limit: beginning, whole: false, milliseconds: 8_000 });
  if (fetched.status === 'failed') return fetched.code === 'private' ? 'none' : 'unknown';
  if (fetched.status === 'refused') return fetched.isGone ? 'gone' : 'unknown';
  return pictureSize(fetched.bytes) ?? (pictureType(fetched.bytes) === undefined ? 'none' : 'unknown');
}

async function measure(
  db: Db,
  source: ImageSource,
  { id, url, tries }: { id: string; url: string; tries: number },
): Promise<boolean> {
  const found = await look(source, url);
  if (found === 'unknown') return false;
  // A site may make its pictures a moment after its feed tells of them.
  if (found === 'gone' && tries < triesAtMost) return false;
  const isPicture = typeof found === 'object';
  await store.recordSize(db, id, isPicture ? found : null);
  return isPicture;
}
