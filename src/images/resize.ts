// Makes an image as large as a mail shows it. The package sharp (libvips) is optional: where it cannot be installed, images
// go out as they came, if they are small enough for a mail.
import type SharpModule from 'sharp';
import type { Sharp } from 'sharp';
import { pictureType } from './picture.js';

export interface Resized {
  bytes: Uint8Array;
  mediaType: string;
}

/** Pixels that are unpacked at most, 160 MB: what says in few bytes that it has more is a bomb. */
const pixelsAtMost = 40_000_000;
const seconds = 10;
/** Of an image that goes out as it came. */
const asItIsAtMost = 3 * 1024 * 1024;
/** A moving picture would have to be unpacked frame by frame; a small one moves on, of a large one the first is shown. */
const movingAtMost = 1024 * 1024;

const openSharp = async (): Promise<typeof SharpModule | undefined> => {
  try {
    const { default: sharp } = await import('sharp');
    // Each request has its own images, and there are as many requests at once as we let be.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  } catch {
    return undefined;
  }
};
let opened: ReturnType<typeof openSharp> | undefined;

/** Whether images are made smaller here; else they go out as they came. */
export async function canResize(): Promise<boolean> {
  return (await (opened ??= openSharp())) !== undefined;
}

/** The image no wider than `width` pixels, as JPEG or, with transparency, PNG; undefined: it is none that can be shown. */
export async function resizeImage(bytes: Uint8Array, width: number): Promise<Resized | undefined> {
  const type = pictureType(bytes);
  if (type === undefined) return undefined;
  const asItIs = { bytes, mediaType: `image/${type}` };
  const sharp = await (opened ??= openSharp());
  if (sharp === undefined) return bytes.length <= asItIsAtMost ? asItIs : undefined;
  try {
    const image = sharp(bytes, { limitInputPixels: pixelsAtMost, failOn: 'error' });
    const { hasAlpha, pages = 1 } = await image.metadata();
    if (pages > 1 && type === 'gif' && bytes.length <= movingAtMost) return asItIs;
    return await encode(
      image
        .rotate()
        .resize({ width, height: 2 * width, fit: 'inside', withoutEnlargement: true })
        .timeout({ seconds }),
      hasAlpha,
    );
  } catch {
    // Damaged, too large when unpacked, or too slow.
    return undefined;
  }
}

async function encode(image: Sharp, hasAlpha: boolean): Promise<Resized> {
  return hasAlpha
    ? { bytes: await image.png({ palette: true, quality: 90 }).toBuffer(), mediaType: 'image/png' }
    : { bytes: await image.jpeg({ quality: 80, mozjpeg: true }).toBuffer(), mediaType: 'image/jpeg' };
}
