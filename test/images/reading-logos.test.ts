// A file becomes a logo by its bytes, or is refused with a reason.
import { deflateSync, crc32 } from 'node:zlib';
import sharp from 'sharp';
import { logoBytesAtMost, readLogo } from '../../src/images/read-logo.js';
import { inEnglish } from '../../src/languages/translate.js';

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0.5 } } });

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A PNG that says that it has these pixels, in few bytes. */
function bomb(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 1;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test.each([
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
] as const)('%s is a logo, measured to fit a mail', async (format, mediaType) => {
  const read = readLogo(await plain(960, 120).toFormat(format).toBuffer());
  expect(read).toMatchObject({
    ok: true,
    logo: { mediaType, picture: { width: 960, height: 120 }, inMail: { width: 240, height: 30 } },
  });
});

test('a small picture keeps its size, and a tall one is as high as a mail allows', async () => {
  const sizeOf = async (width: number, height: number) => {
    const read = readLogo(await plain(width, height).png().toBuffer());
    return read.ok ? read.logo.inMail : read.code;
  };
  expect(await sizeOf(100, 40)).toEqual({ width: 100, height: 40 });
  expect(await sizeOf(200, 640)).toEqual({ width: 20, height: 64 });
});

test.each<[string, () => Promise<Buffer> | Buffer, string, RegExp]>([
  ['an empty file', () => Buffer.alloc(0), 'empty', /^The file is empty\.$/],
  ['a file over 1 MB', () => Buffer.alloc(logoBytesAtMost + 1, 1), 'too-large', /larger than 1 MB/],
  ['an SVG', () => Buffer.from('<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="a">'), 'drawing', /is an SVG/],
  ['an SVG in capitals', () => Buffer.from('\ufeff<SVG>'), 'drawing', /is an SVG/],
  ['a PDF', () => Buffer.from('%PDF-1.7 …'), 'unknown-type', /not a picture that mail programs show/],
  ['a page that is named PNG', () => Buffer.from('<script>alert(1)</script>'), 'unknown-type', /PNG, JPEG/],
  ['an AVIF', () => plain(100, 40).avif().toBuffer(), 'unknown-type', /PNG, JPEG, GIF or WebP/],
  ['a BMP', () => Buffer.from('BM\u0000\u0000'), 'unknown-type', /PNG, JPEG, GIF or WebP/],
  [
    'the first half',
    async () => (await plain(300, 90).png().toBuffer()).subarray(0, 90),
    'damaged',
    /incomplete/,
  ],
  ['a signature alone', () => Buffer.from('89504e470d0a1a0a', 'hex'), 'damaged', /damaged/],
  [
    'a GIF without pixels',
    () => Buffer.from('GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;', 'latin1'),
    'damaged',
    /damaged/,
  ],
  ['many pixels in few bytes', () => bomb(19_999, 19_999), 'too-many-pixels', /19,999 × 19,999 pixels/],
  [
    'more pixels than any picture has',
    () => bomb(2 ** 31 - 1, 2 ** 31 - 1),
    'too-many-pixels',
    /At most 4,000/,
  ],
  ['no pixels', () => bomb(0, 10), 'damaged', /damaged/],
  ['one pixel', () => plain(1, 1).png().toBuffer(), 'too-small', /1 × 1 pixels\. It needs at least 16 × 16/],
  ['a line', () => plain(3_000, 30).png().toBuffer(), 'too-small', /240 × 2 pixels/],
])('%s is refused', async (_, make, code, words) => {
  const read = readLogo(await make());
  expect(read).toMatchObject({ ok: false, code });
  expect(read.ok ? '' : inEnglish(read.reason)).toMatch(words);
});
