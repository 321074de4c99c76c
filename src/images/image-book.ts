// The facts about images that rendering a mail needs: sizes that the feed does not give, and our own
// addresses, if the newsletter hosts its images here. It fetches nothing: a mail never waits for an image.
import type { Db } from '../db.js';
import { storedLogoPath } from '../newsletters/uploaded-logos.js';
import { imageAddress, type ImageHost } from './image-address.js';
import * as store from './store.js';

export interface ImageBook {
  /** In pixels, as measured. Undefined: not measured yet, or not measurable. */
  sizeOf(url: string): { width: number; height: number } | undefined;
  /** True if the address was asked, and holds no picture. */
  isNone(url: string): boolean;
  /** The address from which a mail shows the image, `width` CSS pixels wide. */
  addressOf(url: string, width: number): string;
}

/** An empty book: images keep their own addresses. */
export const plainImages: ImageBook = {
  sizeOf: () => undefined,
  isNone: () => false,
  addressOf: (url) => url,
};

/** The book of the images at `urls`. With `host`, mails show them from there. */
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
      // For screens with two pixels per CSS pixel.
      return host === undefined || row === undefined ? url : imageAddress(host, row.id, 2 * width);
    },
  };
}

export interface LogoBook {
  /** The logo was uploaded here. */
  isUploaded: boolean;
  /** `book`, with an uploaded logo at our present address: BASE_URL may have changed since the look was saved. */
  over(book: ImageBook): ImageBook;
}

/** `logo`: its address in a mail. */
export async function openLogoBook(db: Db, logo: string | undefined, baseUrl: string): Promise<LogoBook> {
  const path = logo === undefined ? undefined : await storedLogoPath(db, logo);
  if (path === undefined) return { isUploaded: false, over: (book) => book };
  const addressOf = (book: ImageBook) => (url: string, width: number) =>
    url === logo ? `${baseUrl}${path}` : book.addressOf(url, width);
  return { isUploaded: true, over: (book) => ({ ...book, addressOf: addressOf(book) }) };
}
