// Turns the bytes of an import into text. Pure.
//
// A body is stored as it came, with two exceptions: UTF-16 becomes UTF-8, and the line ends of old
// Macintoshes become ours. So separators, quotation marks and line ends are single bytes in the stored body.
// Rows are found in the bytes, a worker can begin at any row, and only fields with non-ASCII bytes are
// decoded, one by one.
import { isUtf8 } from 'node:buffer';
import { withoutC1Controls } from '../text/windows-1252.js';

export type ImportEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** The bytes from which UTF-16 and line ends are detected; a shorter body is read whole. */
const sniffed = 4096;

/**
 * Decodes a field from its bytes, given as Latin-1. Bytes that are no UTF-8 are windows-1252, which Excel
 * writes in Western Europe.
 */
export function decodeField(bytes: string): string {
  if (!/[\u0080-\u00ff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return withoutC1Controls(bytes);
}

function sniffUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  // UTF-16 without a byte order mark: addresses and separators are ASCII, so every other byte is zero.
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 4 && even < odd / 8) return 'utf-16le';
  return even > head.length / 4 && odd < even / 8 ? 'utf-16be' : undefined;
}

/** How many bytes at the end belong to an incomplete character. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** Takes a body piece by piece, and returns the bytes to store. */
export interface Intake {
  push(piece: Uint8Array): Buffer;
  /** Returns the rest. After it, `encoding` is that of the whole body. */
  end(): Buffer;
  readonly encoding: ImportEncoding;
  /** The number of line ends so far. */
  readonly lines: number;
}

export function createIntake(): Intake {
  let head: Buffer | undefined = Buffer.alloc(0);
  let utf16: InstanceType<typeof TextDecoder> | undefined;
  let macintosh = false;
  let encoding: ImportEncoding = 'utf-8';
  let tail: Buffer = Buffer.alloc(0);
  let lines = 0;

  const open = (bytes: Buffer): Buffer => {
    head = undefined;
    const found = sniffUtf16(bytes);
    if (found !== undefined) {
      encoding = found;
      utf16 = new TextDecoder(found);
    }
    const text = found === undefined ? bytes.toString('latin1') : new TextDecoder(found).decode(bytes);
    macintosh = text.includes('\r') && !text.includes('\n');
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return marked ? bytes.subarray(3) : bytes;
  };
  const judge = (bytes: Buffer, last: boolean): void => {
    if (utf16 || encoding !== 'utf-8') return;
    const all = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
    const cut = last ? all.length : all.length - unfinished(all);
    if (!isUtf8(all.subarray(0, cut))) encoding = 'windows-1252';
    tail = all.subarray(cut);
  };
  const keep = (bytes: Buffer, last: boolean): Buffer => {
    let kept = utf16 ? Buffer.from(utf16.decode(bytes, { stream: !last }), 'utf8') : bytes;
    if (macintosh) kept = Buffer.from(kept.toString('latin1').replaceAll('\r', '\n'), 'latin1');
    judge(bytes, last);
    for (let at = kept.indexOf(10); at >= 0; at = kept.indexOf(10, at + 1)) lines += 1;
    return kept;
  };
  return {
    push(piece) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      if (head === undefined) return keep(bytes, false);
      head = Buffer.concat([head, bytes]);
      return head.length < sniffed ? Buffer.alloc(0) : keep(open(head), false);
    },
    end: () => keep(head === undefined ? Buffer.alloc(0) : open(head), true),
    get encoding() {
      return encoding;
    },
    get lines() {
      return lines;
    },
  };
}
