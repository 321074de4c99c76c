// Reads the body of an answer and stops at a limit, for the bytes received and for the decompressed bytes.
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { fail } from './fetch-failure.js';

/** The document, decompressed by `contentEncoding`, or its first `limit` bytes. */
export async function readBody(
  body: Readable,
  contentEncoding: string | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { bytes, isWhole } = await collect(body, contentEncoding, limit, signal);
  if (!isWhole) fail('size', `The document is larger than ${Math.floor(limit / (1024 * 1024)) || 1} MB`);
  return bytes;
}

/** The first bytes of a page of which only the text matters. Empty if the body cannot be read. */
export async function readStart(
  body: Readable,
  contentEncoding: string | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    return Buffer.from((await collect(body, contentEncoding, limit, signal)).bytes).toString('latin1');
  } catch {
    body.on('error', () => undefined).destroy();
    return '';
  }
}

async function collect(
  body: Readable,
  contentEncoding: string | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const encodings = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  if (encodings.length > 1)
    fail('encoding', `The server compresses its answer in an unknown way (${encodings.join(', ')})`);
  const [encoding] = encodings;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Counts the decompressed bytes chunk by chunk, so that a decompression bomb stops early.
  const count = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit) return;
      chunks.push(chunk);
    }
  };
  try {
    if (encoding === undefined) await pipeline(body, count, { signal });
    else await pipeline(body, await decompressor(encoding, body), count, { signal });
  } catch (error) {
    // Leaving a stream before its end raises an error in the stream. Here it means that the limit was
    // reached.
    if (bytes <= limit) throw error;
  }
  return { bytes: Buffer.concat(chunks), isWhole: bytes <= limit };
}

async function decompressor(encoding: string, body: Readable): Promise<Transform> {
  if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip();
  if (encoding === 'br') return zlib.createBrotliDecompress();
  if (encoding === 'deflate') {
    // RFC 9110 section 8.4.1.2: some servers send deflate without the zlib wrapper, whose first byte ends in
    // 8.
    const first = await firstByte(body);
    return first !== undefined && (first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
  }
  return fail('encoding', `The server compresses its answer in an unknown way (${encoding.slice(0, 20)})`);
}

function firstByte(body: Readable): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const chunk = body.read() as Buffer | null;
      if (chunk === null) return;
      body.off('readable', look);
      body.unshift(chunk);
      resolve(chunk[0]);
    };
    body.on('readable', look);
    body.once('end', () => resolve(undefined));
    body.once('error', reject);
  });
}
