// Takes out of a picture what its camera and its program wrote into it: EXIF (which may say where it was taken), XMP,
// comments, previews, and bytes after its end. Nothing is decoded, so the pixels and an animation stay as they are.
//
// A picture that is cut off or damaged has no end, or a part that reaches beyond it: then the answer is undefined.
import { crc32 } from 'node:zlib';
import { errorCode } from '../error-code.js';
import { orientationOf, pictureType, type PictureType } from './picture.js';

const outOfRange = new Set(['ERR_OUT_OF_RANGE', 'ERR_BUFFER_OUT_OF_BOUNDS']);

type Cleaner = (bytes: Buffer) => Buffer | undefined;

const cleaners: Record<Exclude<PictureType, 'avif'>, Cleaner> = {
  jpeg: cleanJpeg,
  png: cleanPng,
  gif: cleanGif,
  webp: cleanWebp,
};

/** The picture without metadata. Undefined: it is incomplete or damaged, or of another type. */
export function cleanPicture(bytes: Buffer): Buffer | undefined {
  const type = pictureType(bytes);
  if (type === undefined || type === 'avif') return undefined;
  try {
    return cleaners[type](bytes);
  } catch (error) {
    // A number was read beyond the end.
    if (outOfRange.has(errorCode(error))) return undefined;
    throw error;
  }
}

/** The bytes from `at` to `end`. Undefined: there are fewer. */
const part = (bytes: Buffer, at: number, end: number): Buffer | undefined =>
  end > bytes.length || end < at ? undefined : bytes.subarray(at, end);

const joined = (parts: readonly (Buffer | undefined)[]): Buffer | undefined =>
  parts.includes(undefined) ? undefined : Buffer.concat(parts as Buffer[]);

// ISO 10918-1 annex B: markers, most of them with a segment.
const [endOfImage, startOfScan, comment, app0, app1, app15] = [0xd9, 0xda, 0xfe, 0xe0, 0xe1, 0xef];
/** Application segments that decoding needs: sizes, colours, and Adobe's colour transform. */
const keptSegments = [
  [app0, 'JFIF\0'],
  [0xe2, 'ICC_PROFILE\0'],
  [0xee, 'Adobe'],
] as const;

function keepsSegment(marker: number, data: Buffer): boolean {
  if (marker === comment) return false;
  if (marker < app0 || marker > app15) return true;
  return keptSegments.some(
    ([kept, name]) => kept === marker && data.toString('latin1', 0, name.length) === name,
  );
}

/** EXIF that says how the picture is turned, and nothing else (Exif 2.3, section 4.6). */
function turned(orientation: number): Buffer {
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010000000000000000', 'hex');
  exif.writeUInt16BE(orientation, 28);
  return exif;
}

function cleanJpeg(bytes: Buffer): Buffer | undefined {
  const orientation = orientationOf(bytes);
  const parts: (Buffer | undefined)[] = [part(bytes, 0, 2)];
  let exifIsDue = orientation > 1;
  let scans = 0;
  for (let at = 2; ;) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff)
      at += 1; // a fill byte
    else if (marker === endOfImage)
      return scans === 0 ? undefined : joined([...parts, part(bytes, at, at + 2)]);
    else {
      const end = at + 2 + bytes.readUInt16BE(at + 2);
      const segment = part(bytes, at, end);
      if (segment === undefined || end < at + 4) return undefined;
      if (marker === app1 && exifIsDue && segment.toString('latin1', 4, 10) === 'Exif\0\0') {
        parts.push(turned(orientation));
        exifIsDue = false;
      } else if (keepsSegment(marker, segment.subarray(4))) parts.push(segment);
      at = end;
      if (marker === startOfScan) {
        scans += 1;
        at = endOfScan(bytes, end);
        parts.push(part(bytes, end, at));
      }
    }
  }
}

/** Where the coded data ends: at a marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next !== undefined && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

/** The chunks that show something: PNG third edition, sections 11.2 and 11.3. The others are texts, times and EXIF. */
const pngChunks = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(
    ' ',
  ),
);

function cleanPng(bytes: Buffer): Buffer | undefined {
  const parts = [part(bytes, 0, 8)];
  let hasPixels = false;
  for (let at = 8; ;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const chunk = part(bytes, at, end);
    if (chunk === undefined || crc32(chunk.subarray(4, -4)) !== chunk.readUInt32BE(chunk.length - 4))
      return undefined;
    const name = chunk.toString('latin1', 4, 8);
    if (pngChunks.has(name)) parts.push(chunk);
    if (name === 'IDAT') hasPixels = true;
    if (name === 'IEND') return hasPixels ? joined(parts) : undefined;
    at = end;
  }
}

/** Of the extensions of GIF89a, only the delays and transparency of frames, and how often they repeat. */
const repeats = /^\x0b(?:NETSCAPE2\.0|ANIMEXTS1\.0)/;

/** Where a chain of sub-blocks ends: GIF89a section 15. */
function endOfBlocks(bytes: Buffer, from: number): number {
  let at = from;
  for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) at += length + 1;
  return at + 1;
}

const colourTable = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

function cleanGif(bytes: Buffer): Buffer | undefined {
  const start = 13 + colourTable(bytes.readUInt8(10));
  const parts = [part(bytes, 0, start)];
  let hasPixels = false;
  for (let at = start; ;) {
    const kind = bytes.readUInt8(at);
    if (kind === 0x3b) return hasPixels ? joined([...parts, part(bytes, at, at + 1)]) : undefined;
    if (kind === 0x2c) {
      const end = endOfBlocks(bytes, at + 10 + colourTable(bytes.readUInt8(at + 9)) + 1);
      parts.push(part(bytes, at, end));
      hasPixels = true;
      at = end;
    } else if (kind === 0x21) {
      const label = bytes.readUInt8(at + 1);
      const end = endOfBlocks(bytes, at + 2);
      if (label === 0xf9 || (label === 0xff && repeats.test(bytes.toString('latin1', at + 2, at + 14))))
        parts.push(part(bytes, at, end));
      at = end;
    } else return undefined;
  }
}

/** The chunks of the WebP container that show something. */
const webpChunks = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const webpPixels = new Set(['VP8 ', 'VP8L', 'ANMF']);
/** In VP8X: "the file has EXIF", "the file has XMP". */
const saysMetadata = 0b1100;

function cleanWebp(bytes: Buffer): Buffer | undefined {
  const whole = part(bytes, 0, 8 + bytes.readUInt32LE(4));
  if (whole === undefined) return undefined;
  const parts: Buffer[] = [];
  let hasPixels = false;
  for (let at = 12; at < whole.length;) {
    const length = whole.readUInt32LE(at + 4);
    const chunk = part(whole, at, at + 8 + length);
    if (chunk === undefined) return undefined;
    const name = chunk.toString('latin1', 0, 4);
    hasPixels ||= webpPixels.has(name);
    if (webpChunks.has(name)) {
      const kept = Buffer.concat([chunk, Buffer.alloc(length % 2)]);
      if (name === 'VP8X') kept[8] = kept.readUInt8(8) & ~saysMetadata;
      parts.push(kept);
    }
    at += 8 + length + (length % 2);
  }
  if (!hasPixels) return undefined;
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts]);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}
