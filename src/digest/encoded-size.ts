// How large a text is as it travels. Pure.
import type { MustHave } from './required-parts.js';

/** What the size budget cost: posts whose text was shortened or lost, images, and posts not in the mail at all. */
export interface Dropped {
  excerpts: number;
  images: number;
  posts: number;
  /** What the publisher's own template did not show: the mail is in our magazine instead. */
  ownTemplate?: MustHave[];
}

// RFC 2045 section 6.7: a line has at most 76 characters, the = of a soft break included. Encoders break up to a dozen
// characters before that, to keep words and escapes whole.
const lineAtLeast = 64;

/** The size of `text` as quoted-printable: never less than an encoder makes of it, and at most 3 % more. */
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
