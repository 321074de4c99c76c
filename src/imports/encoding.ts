// How the bytes of an import become text. Pure.
//
// A body is kept as it came, but for UTF-16, which becomes UTF-8 on its way in, and for lines that end as they did on old
// Macintoshes. So in what is kept, separators, quotation marks and line ends are single bytes: rows are found in the
// bytes, a worker can begin at any row, and only fields with other letters in them are decoded, each by itself.
import { isUtf8 } from 'node:buffer';

export type ImportEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Bytes that tell UTF-16 and line ends; a shorter body is looked at whole. */
const sniffed = 4096;

// What windows-1252 has at 0x80 to 0x9F (encoding.spec.whatwg.org/index-windows-1252.txt); the rest is Latin-1.
const windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** A field's text from its bytes, given as Latin-1. What is no UTF-8 is what Excel writes west of Berlin. */
export function decodeField(bytes: string): string {
  if (!/[\u0080-\u00ff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return bytes.replaceAll(/[\u0080-\u009f]/g, (letter) => windows1252[letter.charCodeAt(0) - 0x80] ?? letter);
}

function sniffUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  // Without a mark: addresses and separators are ASCII, so every other byte is zero.
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 4 && even < odd / 8) return 'utf-16le';
  return even > head.length / 4 && odd < even / 8 ? 'utf-16be' : undefined;
}

/** How many bytes at the end begin a character that is not all there. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** Takes a body in, piece by piece, and gives what is to be kept of it. */
export interface Intake {
  push(piece: Uint8Array): Buffer;
  /** The rest. After it, `encoding` is that of the whole. */
  end(): Buffer;
  readonly encoding: ImportEncoding;
  /** Line ends so far. */
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
