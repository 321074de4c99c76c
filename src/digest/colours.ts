// The colours of a mail, derived from the publisher's brand colour. Pure.
//
// Words and links are readable whatever the brand colour is: it is darkened on paper, and lightened on a dark
// screen, until the contrast is 4.5:1 (WCAG 2.2, 1.4.3). A grey makes links as dark, or as light, as words.
// Bars keep the brand colour as far as it can be seen.

export interface Shades {
  page: string;
  card: string;
  panel: string;
  ink: string;
  dim: string;
  rule: string;
  /** Links and coloured words, readable on page, card and panel. */
  accent: string;
  /** Bars: the brand colour if it stands out from the card, else the nearest that does. */
  mark: string;
}

export interface Palette {
  light: Shades;
  dark: Shades;
  /** As the publisher chose it: bands and bars. */
  brand: string;
  /** Words on the brand colour. */
  onBrand: string;
  /** Excerpts: slightly softer than ink. */
  soft: string;
}

type Rgb = readonly [number, number, number];

const enough = 4.5;
/** On a dark screen a link needs more contrast than 4.5:1: at the limit it looks disabled. */
const enoughInDark = 6;
/** A bright colour glows on a dark screen. Half of this light grey calms it, and only adds contrast. */
const calm = '#d9dde0';
/** For a bar on the card: it must be seen, but nothing has to be read from it. */
const seen = { light: 1.25, dark: 1.8 };

function parse(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const format = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** `share` (0 to 1) of the way from `a` to `b`. */
export function mix(a: string, b: string, share: number): string {
  const [x, y] = [parse(a), parse(b)];
  return format([0, 1, 2].map((at) => x[at]! + (y[at]! - x[at]!) * share) as unknown as Rgb);
}

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = parse(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 1 to 21. */
export function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/**
 * Moves `colour` in small steps through `poles` until its contrast to each of `backgrounds` is at least
 * `least`.
 */
function readable(
  colour: string,
  poles: readonly [string, ...string[]],
  backgrounds: readonly string[],
  least = enough,
): string {
  let from = colour;
  for (const pole of poles) {
    for (let share = 0; share < 1; share += 0.02) {
      const candidate = mix(from, pole, share);
      if (backgrounds.every((background) => contrast(candidate, background) >= least)) return candidate;
    }
    from = pole;
  }
  return from;
}

/** As bright as its hue allows: a colour that is only mixed with white fades. */
function brightest(colour: string): string {
  const parts = parse(colour);
  const most = Math.max(...parts);
  return most === 0 ? '#ffffff' : format(parts.map((part) => (part * 255) / most) as unknown as Rgb);
}

/** Black, white, or so close to a grey that it shows no colour. */
function isGrey(colour: string): boolean {
  const parts = parse(colour);
  return Math.max(...parts) - Math.min(...parts) < 16;
}

/** The palette of a brand colour (#rrggbb). Its greys have a slight tint of it. */
export function paletteOf(brand: string): Palette {
  const light = { page: mix('#f1efea', brand, 0.025), card: '#ffffff', panel: mix('#f8f6f2', brand, 0.03) };
  const dark = { page: '#141518', card: '#1e2024', panel: '#26292e' };
  const onLight = Object.values(light);
  const onDark = Object.values(dark);
  const ink = { light: '#1d1c1a', dark: '#efece5' };
  const grey = isGrey(brand);
  const black = ['#000000'] as const;
  const lighter = [brightest(brand), '#ffffff'] as const;
  return {
    brand,
    onBrand: contrast('#ffffff', brand) >= enough ? '#ffffff' : readable('#1d1c1a', black, [brand]),
    soft: readable('#33312d', black, onLight),
    light: {
      ...light,
      ink: ink.light,
      dim: readable('#5d5950', black, onLight),
      rule: '#d9d5cb',
      accent: grey ? ink.light : readable(brand, black, onLight),
      mark: readable(brand, black, [light.card], seen.light),
    },
    dark: {
      ...dark,
      ink: ink.dark,
      dim: '#b7b2a7',
      rule: '#3a3d43',
      accent: grey ? ink.dark : mix(readable(brand, lighter, onDark, enoughInDark), calm, 0.5),
      mark: readable(brand, lighter, [dark.card], seen.dark),
    },
  };
}
