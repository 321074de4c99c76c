// The size of a text as it travels. Pure.
import type { MustHave } from './required-parts.js';

/** What the size budget dropped: texts shortened or removed, images, and whole posts. */
export interface Dropped {
  excerpts: number;
  images: number;
  posts: number;
  /** Required parts that the publisher's own template did not show. The mail uses our magazine instead. */
  ownTemplate?: MustHave[];
}

// RFC 2045 section 6.7: a line has at most 76 characters, including the = of a soft break. Encoders break up
// to a dozen characters earlier, to keep words and escapes whole.
const lineAtLeast = 64;

/** The size of `text` as quoted-printable: never less than the real size, and at most 3 % more. */
export function quotedPrintableBytes(text: string): number {
  let bytes = 0;
  let inLine = 0;
  for (const byte of Buffer.from(text)) {
    if (byte === 0x0a) {
      bytes += 2 + 3 * Math.floor(inLine / lineAtLeast);
      inLine = 0;
    } else if (byte !== 0x0d) {
      const plain = (byte >= 0x20 && byte <= 0x7e && byte !== 0x3d) || byte === 0x09;
      bytes += plain ? 1 : 3;
      inLine += plain ? 1 : 3;
    }
  }
  return bytes + 3 * Math.floor(inLine / lineAtLeast);
}
