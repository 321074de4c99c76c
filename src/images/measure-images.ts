// Measures images whose size no feed gives, in the background. A mail that gives the sizes does not jump
// while its images load.
//
// 1. Unknown images of the newest posts get a row; images within the text too, where mails carry the whole
//    text.
// 2. Rows without a size are claimed, a few at a time.
// 3. The beginning of each image is fetched, and its size recorded, or that there is no picture. Failures are
//    tried three times.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import { imageUrlsIn } from '../posts/image-urls.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { fetchImage, type ImageSource } from './fetch-image.js';
import { pictureSize, pictureType } from './picture.js';
import * as store from './store.js';

export interface MeasureDeps {
  db: Db;
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  now: () => Date;
}

const postsLookedAt = 500;
const bodiesLookedAt = 200;
const newFor = 30 * minute;
const atOnce = 6;
const perRound = 24;
/** A minute of work at most. The next job continues. */
const rounds = 8;
const triesAtMost = 3;
// Photographs have a preview and colour profiles before their size.
const beginning = 256 * 1024;

/** Returns how many sizes became known. */
export async function measureImages(deps: MeasureDeps): Promise<{ measured: number }> {
  const { db } = deps;
  const own = (await store.selectUnknownImages(db, postsLookedAt)).flatMap(
    (url) => secureImageUrl(url) ?? [],
  );
  const since = new Date(deps.now().getTime() - newFor);
  const inside = (await store.selectNewBodies(db, { since, limit: bodiesLookedAt })).flatMap((html) =>
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

/** The size; 'none': the bytes are no picture; 'gone': the address holds nothing; undefined: unknown. */
async function look(source: ImageSource, url: string) {
  const fetched = await fetchImage(source, url, { limit: beginning, whole: false, milliseconds: 8_000 });
  if (fetched.status === 'failed') return fetched.code === 'private' ? 'none' : 'unknown';
  if (fetched.status === 'refused') return fetched.isGone ? 'gone' : 'unknown';
  return pictureSize(fetched.bytes) ?? (pictureType(fetched.bytes) === undefined ? 'none' : 'unknown');
}

/** The size in pixels of the picture at this address; undefined: it cannot be fetched, or is no picture. */
export async function measureOne(
  { baseUrl, allowPrivateFeeds }: Pick<MeasureDeps, 'baseUrl' | 'allowPrivateFeeds'>,
  url: string,
): Promise<{ width: number; height: number } | undefined> {
  const found = await look({ baseUrl, allowance: readAllowance(allowPrivateFeeds) }, url);
  return typeof found === 'object' ? found : undefined;
}

async function measure(
  db: Db,
  source: ImageSource,
  { id, url, tries }: { id: string; url: string; tries: number },
): Promise<boolean> {
  const found = await look(source, url);
  if (found === 'unknown') return false;
  // A site may create its pictures shortly after its feed lists them.
  if (found === 'gone' && tries < triesAtMost) return false;
  const isPicture = typeof found === 'object';
  await store.recordSize(db, id, isPicture ? found : null);
  return isPicture;
}
