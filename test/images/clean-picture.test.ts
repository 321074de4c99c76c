// What a camera wrote into a picture is taken out without decoding it, and a picture that is cut off is none.
import sharp from 'sharp';
import { cleanPicture } from '../../src/images/clean-picture.js';
import { pictureSize } from '../../src/images/picture.js';

const exif = {
  IFD0: { Artist: 'A photographer' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '53/1 33/1 0/1' },
};
const drawn = () =>
  sharp({ create: { width: 60, height: 30, channels: 3, background: '#ffffff' } }).composite([
    { input: { create: { width: 20, height: 10, channels: 3, background: '#c8003c' } }, left: 0, top: 0 },
  ]);
const withPlace = () =>
  drawn().withExif(exif).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">place</x:xmpmeta>');

/** Two frames of 2 × 1 pixels that repeat, with a comment between them. */
const gif = Buffer.concat([
  Buffer.from('GIF89a', 'latin1'),
  Buffer.from('02000100800000000000ffffff', 'hex'),
  Buffer.from('21ff0b4e45545343415045322e300301000000', 'hex'),
  Buffer.concat([Buffer.from([0x21, 0xfe, 5]), Buffer.from('place', 'latin1'), Buffer.from([0])]),
  Buffer.from('21f904000a0000002c0000000002000100000202440a00', 'hex'),
  Buffer.from('21f904000a0000002c00000000020001000002020c0a00', 'hex'),
  Buffer.from([0x3b]),
]);

const made: Record<string, () => Promise<Buffer>> = {
  jpeg: () => withPlace().jpeg().toBuffer(),
  'progressive jpeg': () => withPlace().jpeg({ progressive: true, mozjpeg: true }).toBuffer(),
  png: () => withPlace().png().toBuffer(),
  'lossy webp': () => withPlace().webp().toBuffer(),
  'lossless webp': () => withPlace().webp({ lossless: true }).toBuffer(),
  gif: () => Promise.resolve(gif),
};
const each = Object.keys(made).map((name) => [name] as const);

const pixels = (bytes: Buffer): Promise<Buffer> => sharp(bytes, { animated: true }).raw().toBuffer();
const clean = (bytes: Buffer): Buffer => cleanPicture(bytes) ?? Buffer.alloc(0);

test.each(each)('%s: the place is gone, and every pixel is as it was', async (name) => {
  const before = (await made[name]?.()) ?? Buffer.alloc(0);
  expect(before.toString('latin1')).toMatch(/place|photographer/);
  const after = clean(before);
  expect(after.toString('latin1')).not.toMatch(/place|photographer|Exif|xmpmeta/);
  const { exif: told, xmp, pages } = await sharp(after).metadata();
  expect([told, xmp, pages]).toEqual([undefined, undefined, (await sharp(before).metadata()).pages]);
  expect(await pixels(after)).toEqual(await pixels(before));
  // What is clean stays as it is, byte for byte.
  expect(clean(after)).toEqual(after);
});

test.each(each)('%s: what stands after its end is dropped, and a part of it is no picture', async (name) => {
  const whole = clean((await made[name]?.()) ?? Buffer.alloc(0));
  expect(clean(Buffer.concat([whole, Buffer.from('<script>alert(1)</script>PK\u0003\u0004')]))).toEqual(
    whole,
  );
  for (let length = 0; length < whole.length; length += 1)
    expect(cleanPicture(whole.subarray(0, length))).toBeUndefined();
});

test.each(each)('%s: damage anywhere is either found or harmless', async (name) => {
  const whole = (await made[name]?.()) ?? Buffer.alloc(0);
  const lengths = Array.from(whole, (byte, at) => {
    const damaged = Buffer.from(whole);
    damaged[at] = byte ^ 0xff;
    return cleanPicture(damaged)?.length ?? 0;
  });
  // No answer is longer than the file with one more EXIF.
  expect(Math.max(...lengths)).toBeLessThanOrEqual(whole.length + 36);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('a JPEG that is turned by %i stays turned', async (orientation) => {
  const before = await withPlace().jpeg().withMetadata({ orientation }).toBuffer();
  const after = clean(before);
  expect((await sharp(after).metadata()).orientation ?? 1).toBe(orientation);
  expect(after.toString('latin1')).not.toContain('photographer');
  expect(pictureSize(after)).toEqual(
    orientation >= 5 ? { width: 30, height: 60 } : { width: 60, height: 30 },
  );
  expect(await sharp(after).rotate().raw().toBuffer()).toEqual(await sharp(before).rotate().raw().toBuffer());
});

test('an animation keeps its frames, and colours keep their profile', async () => {
  const moving = await sharp(gif, { animated: true }).webp({ loop: 0 }).toBuffer();
  expect((await sharp(clean(moving)).metadata()).pages).toBe(2);
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const before = await drawn().withIccProfile('p3').toFormat(format).toBuffer();
    expect((await sharp(clean(before)).metadata()).icc).toEqual((await sharp(before).metadata()).icc);
    expect((await sharp(before).metadata()).icc).toBeDefined();
  }
});
