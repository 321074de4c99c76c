// Reads the body of an answer and stops at a limit, for the bytes received and for the decompressed bytes.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../error-code.js';
import { gunzip, isGzip } from '../gunzip.js';
import { codingsOf, decompressed } from './decompress.js';
import { fail } from './fetch-failure.js';

/** The document, decompressed by `contentEncoding`, or its first `limit` bytes. */
export async function readBody(
  body: Readable,
  contentEncoding: string | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { bytes, isWhole } = await collect(body, contentEncoding, limit, signal);
  if (!isWhole)
    fail('size', { key: 'fetch.size', args: { megabytes: Math.floor(limit / (1024 * 1024)) || 1 } });
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
  const codings = codingsOf(contentEncoding);
  const kept: Buffer[] = [];
  const source = codings.length === 0 ? body : Readable.from(keep(body, kept, limit), { objectMode: false });
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Counts the decompressed bytes chunk by chunk, so that a decompression bomb stops early.
  const count = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (bytes > limit) return;
      chunks.push(chunk);
    }
  };
  try {
    await pipeline(await decompressed(source, codings), count, { signal });
  } catch (error) {
    // Leaving a stream before its end raises an error in the stream. Here it means that the limit was
    // reached.
    if (bytes <= limit) return { bytes: gunzipAgain(kept, limit, error), isWhole: true };
  } finally {
    // The body goes on if a decompressor has ended before it.
    if (!body.destroyed) body.on('error', () => undefined).destroy();
  }
  return { bytes: Buffer.concat(chunks), isWhole: bytes <= limit };
}

/** Passes the body on, and keeps what it passes, up to the limit. */
async function* keep(body: AsyncIterable<Buffer>, kept: Buffer[], limit: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes <= limit) kept.push(chunk);
    else kept.length = 0;
    yield chunk;
  }
}

/** The document of a body with more bytes after its gzip. Throws `error` if that is not what it means. */
function gunzipAgain(kept: readonly Buffer[], limit: number, error: unknown): Uint8Array {
  const bytes = Buffer.concat(kept);
  if (!/^Z_(?:DATA|BUF)_ERROR$/.test(errorCode(error)) || !isGzip(bytes)) throw error;
  try {
    return gunzip(bytes, limit);
  } catch {
    throw error;
  }
}
