// The style sheet that gives our public pages a newsletter's colour. Pure.
//
// A sheet of its own and not a style attribute, which the pages' Content-Security-Policy forbids. Its address
// names the colour, so browsers may keep it.
import { contrast, mix, paletteOf } from './colours.js';

/** The colours of style.css that depend on the brand. */
function variables(accent: string, { card, ink }: { card: string; ink: string }): string {
  // As readable as the accent is on the card: the button's words are the card's white, or the darkest page colour.
  const onAccent =
    ['#ffffff', '#0f1216'].toSorted((a, b) => contrast(accent, b) - contrast(accent, a))[0] ?? '';
  return (
    `--accent:${accent};--accent-strong:${mix(accent, ink, 0.3)};--on-accent:${onAccent};` +
    `--accent-tint:${mix(card, accent, 0.1)}`
  );
}

/** `brand` is #rrggbb. */
export function brandStyle(brand: string): string {
  const { light, dark } = paletteOf(brand);
  return `:root{${variables(light.accent, light)}}\n@media (prefers-color-scheme:dark){:root{${variables(dark.accent, dark)}}}\n`;
}

/** The colours of the button in the form for other sites. */
export function brandButton(brand: string): { accent: string; onAccent: string } {
  return { accent: brand, onAccent: paletteOf(brand).onBrand };
}
