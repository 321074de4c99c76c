// Resizes an image to the size that a mail shows. The package sharp (libvips) is optional: without it, images
// go out unchanged if they are small enough for a mail.
import type SharpModule from 'sharp';
import type { Sharp } from 'sharp';
import { pictureType } from './picture.js';

export interface Resized {
  bytes: Uint8Array;
  mediaType: string;
}

/** Pixels to decode at most, 160 MB. A small file that claims more is a decompression bomb. */
const pixelsAtMost = 40_000_000;
const seconds = 10;
/** The largest image that goes out unchanged, in bytes. */
const asItIsAtMost = 3 * 1024 * 1024;
/**
 * An animation would be decoded frame by frame. A small one goes out unchanged; of a large one, the first
 * frame.
 */
const movingAtMost = 1024 * 1024;

const openSharp = async (): Promise<typeof SharpModule | undefined> => {
  try {
    const { default: sharp } = await import('sharp');
    // Requests share no images, and the server limits how many run at once: no cache, one thread.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  } catch {
    return undefined;
  }
};
let opened: ReturnType<typeof openSharp> | undefined;

/** Whether images are resized here. If not, they go out unchanged. */
export async function canResize(): Promise<boolean> {
  return (await (opened ??= openSharp())) !== undefined;
}

/**
 * The image, at most `width` pixels wide, as JPEG, or as PNG if it has transparency. Undefined: it cannot be
 * shown.
 */
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
    // The image is damaged, too large when decoded, or too slow.
    return undefined;
  }
}

async function encode(image: Sharp, hasAlpha: boolean): Promise<Resized> {
  return hasAlpha
    ? { bytes: await image.png({ palette: true, quality: 90 }).toBuffer(), mediaType: 'image/png' }
    : { bytes: await image.jpeg({ quality: 80, mozjpeg: true }).toBuffer(), mediaType: 'image/jpeg' };
}
