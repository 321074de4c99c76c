// Unpacks gzip (RFC 1952) and ignores what follows the last member. Node's own function fails there, and loses the end
// of the text: servers append a comment or a line end to the packed document.
import { inflateRawSync, type Inflate } from 'node:zlib';

export const isGzip = (bytes: Uint8Array, position = 0): boolean =>
  bytes[position] === 0x1f && bytes[position + 1] === 0x8b && bytes[position + 2] === 8;

const membersAtMost = 1_000;
const trailerBytes = 8;

/** The unpacked bytes of all members. Throws Node's zlib errors: ERR_BUFFER_TOO_LARGE beyond `limit` bytes. */
export function gunzip(bytes: Uint8Array, limit: number): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  let position = 0;
  do {
    const start = endOfHeader(bytes, position);
    const { buffer, engine } = inflateRawSync(bytes.subarray(start), {
      info: true,
      maxOutputLength: Math.max(1, limit - size),
    }) as unknown as { buffer: Buffer; engine: Inflate };
    parts.push(buffer);
    size += buffer.length;
    position = start + engine.bytesWritten + trailerBytes;
  } while (isGzip(bytes, position) && parts.length < membersAtMost);
  return Buffer.concat(parts);
}

/** RFC 1952 section 2.3: ten bytes, then the fields that the flags announce. */
function endOfHeader(bytes: Uint8Array, start: number): number {
  const flags = bytes[start + 3] ?? 0;
  let position = start + 10;
  if (flags & 4) position += 2 + (bytes[position] ?? 0) + 256 * (bytes[position + 1] ?? 0);
  for (const field of [8, 16]) if (flags & field) position = afterZero(bytes, position);
  return flags & 2 ? position + 2 : position;
}

function afterZero(bytes: Uint8Array, position: number): number {
  const end = bytes.indexOf(0, position);
  return end === -1 ? bytes.length : end + 1;
}
