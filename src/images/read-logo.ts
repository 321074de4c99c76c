// Checks a file that is to become a newsletter's logo. Its bytes decide what it is, never its name. Only its structure is
// read: no pixels are decoded, so a decompression bomb costs nothing here.
import type { Message } from '../languages/messages.js';
import { isLogoMediaType, type LogoMediaType } from '../newsletters/logo-address.js';
import { cleanPicture } from './clean-picture.js';
import { isLargeEnough, sizeInMail, smallest } from './measure-logo.js';
import { claimedSize, pictureType } from './picture.js';

/** Each reader's mail program loads it. */
export const logoMegabytes = 1;
export const logoBytesAtMost = logoMegabytes * 1024 * 1024;
/** Each side. A mail program needs four bytes for each pixel. */
const pixelsAtMost = 4_000;

export type LogoFault =
  'empty' | 'too-large' | 'drawing' | 'unknown-type' | 'damaged' | 'too-many-pixels' | 'too-small';

export interface LogoFile {
  /** Without metadata. */
  content: Buffer;
  mediaType: LogoMediaType;
  /** Of the picture, in pixels. */
  picture: { width: number; height: number };
  /** In a mail, in CSS pixels. */
  inMail: { width: number; height: number };
}

export type ReadLogo = { ok: true; logo: LogoFile } | { ok: false; code: LogoFault; reason: Message };

const refused = (code: LogoFault, reason: Message): ReadLogo => ({ ok: false, code, reason });

/** Mail programs show no SVG, and an SVG may contain scripts. */
const isDrawing = (bytes: Buffer): boolean => /<svg[\s/>]/i.test(bytes.toString('latin1', 0, 4_096));

/** The file was cut off at its limit: `bytes` has one more than it may have. */
export function readLogo(bytes: Buffer): ReadLogo {
  if (bytes.length === 0) return refused('empty', { key: 'logo.empty' });
  if (bytes.length > logoBytesAtMost)
    return refused('too-large', { key: 'logo.tooLarge', args: { most: logoMegabytes } });
  const type = pictureType(bytes);
  const mediaType = `image/${type ?? ''}`;
  if (!isLogoMediaType(mediaType))
    return isDrawing(bytes)
      ? refused('drawing', { key: 'logo.drawing' })
      : refused('unknown-type', { key: 'logo.unknownType' });
  const content = cleanPicture(bytes);
  const picture = content && claimedSize(content);
  if (content === undefined || picture === undefined) return refused('damaged', { key: 'logo.damaged' });
  return sized({ content, mediaType, picture, inMail: sizeInMail(picture) });
}

function sized(logo: LogoFile): ReadLogo {
  const { picture, inMail } = logo;
  if (picture.width > pixelsAtMost || picture.height > pixelsAtMost)
    return refused('too-many-pixels', {
      key: 'logo.tooManyPixels',
      args: { ...picture, most: pixelsAtMost },
    });
  if (!isLargeEnough(inMail))
    return refused('too-small', { key: 'logo.tooSmall', args: { ...inMail, least: smallest } });
  return { ok: true, logo };
}
