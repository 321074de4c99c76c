// Reads a stream to its end, and keeps its beginning: a sender must not fill the memory.
import type { Readable } from 'node:stream';

/** Octets of a mail that are read. More than this is no bounce of ours. */
const mostOfMail = 4_194_304;

export async function readLimited(stream: Readable, most = mostOfMail): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (length < most) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, most);
}
