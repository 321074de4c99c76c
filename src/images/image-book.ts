// What is known of images when a mail is rendered: their sizes, where the feed does not say them, and our own addresses
// for them, where the newsletter wants its images to come from here. Nothing is fetched: a mail waits for no image.
import type { Db } from '../db.js';
import { imageAddress, type ImageHost } from './image-address.js';
import * as store from './store.js';

export interface ImageBook {
  /** In pixels, as measured; undefined: not yet, or it cannot be. */
  sizeOf(url: string): { width: number; height: number } | undefined;
  /** There is no picture at that address, as far as it was asked for. */
  isNone(url: string): boolean;
  /** Where a mail shows it from, `width` CSS pixels wide. */
  addressOf(url: string, width: number): string;
}

/** Knows nothing: images come from where they are. */
export const plainImages: ImageBook = {
  sizeOf: () => undefined,
  isNone: () => false,
  addressOf: (url) => url,
};

/** The book of the images at `urls`; with `host`, they are to be shown from there. */
export async function openImageBook(
  db: Db,
  urls: readonly string[],
  host: ImageHost | undefined,
): Promise<ImageBook> {
  if (urls.length === 0) return plainImages;
  if (host !== undefined) await store.insertImages(db, urls);
  const known = new Map((await store.selectImages(db, urls)).map((row) => [row.url, row]));
  return {
    sizeOf(url) {
      const { width = null, height = null } = known.get(url) ?? {};
      return width === null || height === null ? undefined : { width, height };
    },
    isNone(url) {
      const row = known.get(url);
      return row !== undefined && row.measuredAt !== null && row.width === null;
    },
    addressOf(url, width) {
      const row = known.get(url);
      // For screens with two pixels to each of CSS.
      return host === undefined || row === undefined ? url : imageAddress(host, row.id, 2 * width);
    },
  };
}
