// Unpacks the file of a report: gzip, zip, or the document itself. Its first bytes tell, whatever its name and type
// say.
import { inflateRawSync } from 'node:zlib';
import { gunzip, isGzip } from '../gunzip.js';

/** Bytes of a document. Larger ones are refused: a small file can unpack to very much. */
export const mostUnpacked = 10_485_760;
/** A packed document may be packed again. */
const mostLayers = 2;

/** Throws if the file is damaged or too large. */
export function unpackReport(file: Uint8Array): string {
  let bytes = file;
  for (let layer = 0; layer < mostLayers; layer += 1) {
    if (isGzip(bytes)) bytes = gunzip(bytes, mostUnpacked);
    else if (isZip(bytes)) bytes = unzip(bytes);
  }
  if (bytes.length > mostUnpacked) throw new Error('too large');
  return decode(bytes);
}

const decode = (bytes: Uint8Array): string => {
  const [first, second] = bytes;
  const name =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(name).decode(bytes);
};

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endBytes = 22;
const mostComment = 65_535;

const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/** The first file of an archive (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16). */
function unzip(bytes: Uint8Array): Uint8Array {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entry = zip.readUInt32LE(endOf(zip) + 16);
  if (zip.readUInt32LE(entry) !== entrySignature) throw new Error('not a zip file');
  const method = zip.readUInt16LE(entry + 10);
  const packed = zip.readUInt32LE(entry + 20);
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const content = zip.subarray(start, start + packed);
  if (content.length !== packed) throw new Error('a zip file that is cut off');
  if (method === 0) return content;
  if (method !== 8) throw new Error('a zip file with an unknown method');
  return inflateRawSync(content, { maxOutputLength: mostUnpacked });
}

function endOf(zip: Buffer): number {
  const least = Math.max(0, zip.length - endBytes - mostComment);
  for (let at = zip.length - endBytes; at >= least; at -= 1)
    if (zip.readUInt32LE(at) === endSignature) return at;
  throw new Error('not a zip file');
}
