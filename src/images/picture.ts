// Reads the type and size of an image from its bytes.
import { imageSize } from 'image-size';

export type PictureType = 'jpeg' | 'png' | 'gif' | 'webp' | 'avif';

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', at, at + text.length) ===
  text;

/**
 * Decided by the bytes, because a server's Content-Type may be wrong. SVG does not count: it can hold
 * scripts.
 */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  if (startsWith(bytes, '\xff\xd8\xff')) return 'jpeg';
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 'GIF8')) return 'gif';
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'webp';
  if (startsWith(bytes, 'ftypavif', 4)) return 'avif';
  return undefined;
}

const largest = 20_000;

/** As pictureSize, of a picture that nobody may be able to show. */
export function claimedSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (pictureType(bytes) === undefined) return undefined;
  try {
    const { width, height, orientation = 1 } = imageSize(bytes);
    if (!(width > 0 && height > 0)) return undefined;
    // Exif 2.3, orientation: from 5 on, rows are columns.
    return orientation >= 5 ? { width: height, height: width } : { width, height };
  } catch {
    return undefined;
  }
}

/** Width and height as shown (a photograph may be rotated), read from the beginning of the image. */
export function pictureSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const size = claimedSize(bytes);
  return size && size.width <= largest && size.height <= largest ? size : undefined;
}

/** How a picture says that it is turned, from 1 (not at all) to 8: Exif 2.3, orientation. */
export function orientationOf(bytes: Uint8Array): number {
  try {
    const { orientation = 1 } = imageSize(bytes);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  } catch {
    return 1;
  }
}
