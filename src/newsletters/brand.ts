// A newsletter's colour and logo on our public pages. Pure.
import { createHash } from 'node:crypto';
import { defaultLook, type Look } from './look.js';

export interface Brand {
  /** The address of the style sheet; undefined: the pages keep their own colour. */
  style?: string;
  logo?: { url: string; width: number; height: number };
}

const style = /^\/assets\/brand-([0-9a-f]{6})\.css$/;

/** The colour (#rrggbb) that a style sheet's address names. */
export function colourOf(path: string): string | undefined {
  const [, digits] = style.exec(path) ?? [];
  return digits === undefined ? undefined : `#${digits}`;
}

export function brandOf({ slug, look }: { slug: string; look: Look }): Brand {
  const { brandColour, logo } = look;
  // The address changes with the logo, so that browsers may keep the image.
  const version = logo && createHash('sha256').update(logo.url).digest('hex').slice(0, 8);
  return {
    ...(brandColour !== defaultLook.brandColour && { style: `/assets/brand-${brandColour.slice(1)}.css` }),
    ...(logo && { logo: { url: `/n/${slug}/logo?${version}`, width: logo.width, height: logo.height } }),
  };
}
