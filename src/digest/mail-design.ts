// A newsletter's look, as its mail template is compiled with it and its posts are measured for it. Pure.
import { typefaces, type Look } from '../newsletters/look.js';
import type { BodyStyle } from './mail-html.js';
import { paletteOf } from './colours.js';
import type { SayMedia } from './media-words.js';

/** How posts are cut and images sized, in CSS pixels. */
export interface Layout extends BodyStyle {
  /** Which posts show a wide image across the column. The others show it beside the text. */
  across: 'lead' | 'all' | 'none';
  thumb: { width: number; height: number };
  /** The length of an excerpt in characters. */
  excerpt: number;
  /** Little but titles: no whole posts, no larger first post, no links under the text. */
  compact: boolean;
  /** Whether the first post is set larger than the others. */
  hasLead: boolean;
  /** The words of a link to a player. */
  sayMedia: SayMedia;
}

export interface MailDesign {
  template: Look['template'];
  /** The publisher's MJML, for the template 'own'. */
  mjml?: string;
  /** The values of {{look.…}} in the template and its partials, filled in before MJML compiles it. */
  values: Readonly<Record<string, string>>;
  layout: Omit<Layout, 'images' | 'sayMedia'>;
}

const gutters: Record<Look['template'], number> = { magazine: 32, headlines: 28, letter: 40, own: 32 };

type Direction = 'ltr' | 'rtl';

/** The sides at which lines begin and end. */
const sides = (direction: Direction) =>
  direction === 'rtl' ? { start: 'right', end: 'left' } : { start: 'left', end: 'right' };

/** The design of `look` for readers who read in `direction`, and posts written in `contentDirection`. */
export function mailDesign(look: Look, direction: Direction, contentDirection = direction): MailDesign {
  const contentSides = sides(contentDirection);
  const { light, dark, brand, onBrand, soft } = paletteOf(look.brandColour);
  const gutter = gutters[look.template];
  const compact = look.template === 'headlines';
  return {
    template: look.template,
    values: {
      width: String(look.width),
      gutter: String(gutter),
      direction,
      ...sides(direction),
      contentDirection,
      contentStart: contentSides.start,
      contentEnd: contentSides.end,
      headingFont: typefaces[look.fonts.headings],
      textFont: typefaces[look.fonts.text],
      brand,
      onBrand,
      soft,
      ...light,
      ...Object.fromEntries(
        Object.entries(dark).map(([name, colour]) => [
          `dark${name.charAt(0).toUpperCase()}${name.slice(1)}`,
          colour,
        ]),
      ),
      pictureMargin: look.template === 'letter' ? '18px 0 0' : '0 0 20px',
    },
    layout: {
      column: look.width - 2 * gutter,
      across: compact ? 'none' : look.template === 'letter' ? 'all' : 'lead',
      thumb: compact ? { width: 92, height: 92 } : { width: 168, height: 224 },
      excerpt: compact ? 180 : 320,
      compact,
      hasLead: look.template === 'magazine' || look.template === 'own',
      accent: light.accent,
      colours: { panel: light.panel, rule: light.rule, mark: light.mark, dim: light.dim },
      direction: contentDirection,
    },
  };
}
