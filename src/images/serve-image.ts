// Serves the images of posts in the size that mails show.
//
// 1. From the cache.
// 2. Else it fetches the image from the site, resizes it and caches it: once for simultaneous requests, and a
//    few images at a time.
// 3. An image that cannot be fetched now is left to its site: the reader is redirected there.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import type { Log } from '../log.js';
import { uploadedLogo } from '../newsletters/logo-address.js';
import { findLogo } from '../newsletters/uploaded-logos.js';
import { fetchImage, type FetchedImage } from './fetch-image.js';
import type { ImageCache } from './image-cache.js';
import { pictureType } from './picture.js';
import { resizeImage } from './resize.js';
import { selectImageUrl } from './store.js';

export interface ServeDeps {
  db: Db;
  log: Log;
  now: () => Date;
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  cache: Pick<ImageCache, 'read' | 'write'>;
}

export type ServedImage =
  | { status: 'image'; bytes: Uint8Array; mediaType: string }
  /** Redirect to the site for now. */
  | { status: 'elsewhere'; url: string }
  | { status: 'none' };

const bytesAtMost = 15 * 1024 * 1024;
const milliseconds = 10_000;
const atOnce = 3;
const waitingAtMost = 60;
/** Readers do not make us ask a site that is down again and again. */
const failureLasts = 5 * minute;
const failuresKept = 2_000;

/** An image of a post by its id, or an image that the publisher named, such as a logo. */
export type WantedImage = { width: number } & ({ id: string } | { url: string });

export interface ImageServer {
  serve(image: WantedImage): Promise<ServedImage>;
}

const nameOf = (image: WantedImage): string =>
  `${'id' in image ? image.id : createHash('sha256').update(image.url).digest('hex')}-${image.width}`;

/** The content of a logo that was uploaded here: we do not fetch it from ourselves. */
async function uploaded(db: Db, url: string): Promise<FetchedImage | undefined> {
  const named = uploadedLogo(url);
  const logo = named && (await findLogo(db, named.hash));
  return logo && { status: 'fetched', bytes: logo.content };
}

export function openImageServer(deps: ServeDeps): ImageServer {
  const { db, cache } = deps;
  const source = { baseUrl: deps.baseUrl, allowance: readAllowance(deps.allowPrivateFeeds) };
  const underWay = new Map<string, Promise<ServedImage>>();
  const failures = new LRUCache<string, { until: number; answer: ServedImage }>({ max: failuresKept });
  const limit = pLimit(atOnce);

  async function make(name: string, url: string, width: number): Promise<ServedImage> {
    const fetched =
      (await uploaded(db, url)) ??
      (await fetchImage(source, url, { limit: bytesAtMost, whole: true, milliseconds }));
    if (fetched.status === 'failed' && fetched.code === 'private') return { status: 'none' };
    const image = fetched.status === 'fetched' ? await resizeImage(fetched.bytes, width) : undefined;
    if (image !== undefined) {
      if (!(await cache.write(name, image.bytes))) deps.log.warn({ image: name }, 'images: not kept');
      return { status: 'image', ...image };
    }
    // The answer is no image that may be shown, so readers are not redirected to it.
    const answer: ServedImage =
      fetched.status === 'fetched' ? { status: 'none' } : { status: 'elsewhere', url };
    failures.set(name, { until: deps.now().getTime() + failureLasts, answer });
    return answer;
  }

  async function find(name: string, image: WantedImage): Promise<ServedImage> {
    const kept = await cache.read(name);
    const type = kept && pictureType(kept);
    if (kept !== undefined && type !== undefined)
      return { status: 'image', bytes: kept, mediaType: `image/${type}` };
    const url = 'id' in image ? await selectImageUrl(db, image.id) : image.url;
    if (url === undefined) return { status: 'none' };
    const failed = failures.get(name);
    if (failed !== undefined && failed.until > deps.now().getTime()) return failed.answer;
    if (limit.pendingCount >= waitingAtMost) return { status: 'elsewhere', url };
    return limit(() => make(name, url, image.width));
  }

  return {
    serve(image) {
      const name = nameOf(image);
      const known = underWay.get(name);
      if (known !== undefined) return known;
      const found = find(name, image).finally(() => underWay.delete(name));
      underWay.set(name, found);
      return found;
    },
  };
}
