// The sample posts' pictures: sky, sun or moon, hazy hills, water. They are drawn once, a third of a second each, so that
// the package ships no pictures and needs no licence for them.
import { crc32, deflateSync } from 'node:zlib';

export const demoPictureSize = { width: 960, height: 540 };

export type Scene = 'dawn' | 'noon' | 'dusk' | 'night' | 'snow';
type Colour = readonly [number, number, number];

interface Palette {
  zenith: Colour;
  horizon: Colour;
  disc: Colour;
  /** Distance from the left and from the top, as parts of the picture; radius as part of the height. */
  discAt: readonly [number, number, number];
  far: Colour;
  near: Colour;
  seed: number;
}

const palettes: Record<Scene, Palette> = {
  dawn: {
    zenith: [92, 126, 180],
    horizon: [255, 205, 158],
    disc: [255, 244, 214],
    discAt: [0.66, 0.5, 0.07],
    far: [150, 140, 170],
    near: [46, 58, 84],
    seed: 1,
  },
  noon: {
    zenith: [64, 140, 205],
    horizon: [205, 232, 243],
    disc: [255, 252, 232],
    discAt: [0.25, 0.2, 0.06],
    far: [140, 178, 170],
    near: [42, 100, 74],
    seed: 4,
  },
  dusk: {
    zenith: [58, 44, 96],
    horizon: [246, 142, 96],
    disc: [255, 212, 150],
    discAt: [0.4, 0.57, 0.09],
    far: [128, 78, 110],
    near: [36, 24, 52],
    seed: 7,
  },
  night: {
    zenith: [10, 16, 38],
    horizon: [52, 74, 112],
    disc: [240, 240, 224],
    discAt: [0.72, 0.22, 0.055],
    far: [34, 50, 82],
    near: [8, 14, 30],
    seed: 10,
  },
  snow: {
    zenith: [150, 178, 206],
    horizon: [238, 240, 242],
    disc: [255, 255, 250],
    discAt: [0.18, 0.3, 0.05],
    far: [214, 224, 234],
    near: [112, 136, 160],
    seed: 13,
  },
};

const hills = 4;
const shore = 0.78;

const mix = (a: Colour, b: Colour, part: number): Colour => [
  a[0] + (b[0] - a[0]) * part,
  a[1] + (b[1] - a[1]) * part,
  a[2] + (b[2] - a[2]) * part,
];
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** The top of a row of hills at `x`. Sines of incommensurable lengths add up to a shape that looks irregular. */
function ridge(hill: number, x: number, seed: number): number {
  const phase = seed * 1.7 + hill * 2.3;
  const wave =
    Math.sin(x * (3 + hill) + phase) +
    0.5 * Math.sin(x * (7.3 + hill) + phase * 2) +
    0.2 * Math.sin(x * 19.1 + phase);
  return 0.55 + hill * 0.055 - wave * (0.07 - hill * 0.01);
}

function above(palette: Palette, x: number, y: number, pixel: number): Colour {
  const { zenith, horizon, disc, discAt, far, near, seed } = palette;
  const [discX, discY, radius] = discAt;
  let colour = mix(zenith, horizon, clamp(y / 0.66) ** 1.4);
  const distance = Math.hypot((x - discX) * (demoPictureSize.width / demoPictureSize.height), y - discY);
  colour = mix(colour, disc, 0.55 * Math.exp(-distance * 5));
  colour = mix(colour, disc, clamp((radius - distance) / pixel));
  for (let hill = 0; hill < hills; hill++)
    colour = mix(colour, mix(far, near, hill / (hills - 1)), clamp((y - ridge(hill, x, seed)) / pixel));
  return colour;
}

/** The water mirrors the part above it, paler and with ripples. */
function colourAt(palette: Palette, x: number, y: number, pixel: number): Colour {
  if (y < shore) return above(palette, x, y, pixel);
  const depth = y - shore;
  const ripple = Math.sin(depth * 260 + Math.sin(x * 40 + depth * 90)) * depth * 0.06;
  const mirrored = above(palette, x + ripple, shore - depth * 2.2, pixel);
  return mix(mirrored, palette.near, 0.25 + 0.15 * Math.sin(depth * 160));
}

/** A chunk of a PNG (W3C PNG, section 5.3). */
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

const drawn = new Map<Scene, Buffer>();

/** The scene as a PNG. */
export function drawPicture(scene: Scene): Buffer {
  const known = drawn.get(scene);
  if (known) return known;
  const { width, height } = demoPictureSize;
  const palette = palettes[scene];
  // A byte for the row's filter (1: each byte is the difference to its left neighbour), then three for each pixel.
  const rows = Buffer.alloc(height * (1 + width * 3));
  let at = 0;
  for (let y = 0; y < height; y++) {
    rows[at++] = 1;
    let left: Colour = [0, 0, 0];
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = colourAt(palette, x / width, y / height, 1 / height);
      const colour: Colour = [Math.round(red), Math.round(green), Math.round(blue)];
      for (let part = 0; part < 3; part++) rows[at++] = ((colour[part] ?? 0) - (left[part] ?? 0)) & 255;
      left = colour;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const png = Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  drawn.set(scene, png);
  return png;
}
