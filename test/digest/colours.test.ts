// Text stays readable and bars stay visible with any colour that a publisher chooses.
import { contrast, paletteOf, type Shades } from '../../src/digest/colours.js';

const grid = ['00', '33', '66', '99', 'cc', 'ff'];
const colours = grid.flatMap((red) => grid.flatMap((green) => grid.map((blue) => `#${red}${green}${blue}`)));

test('in every colour: 4.5:1 for words and links, on page, card and panel, in light and dark', () => {
  const weak = colours.flatMap((brand) => {
    const { light, dark, onBrand, soft } = paletteOf(brand);
    const onPaper = ({ page, card, panel, ink, dim, accent }: Shades, ...others: string[]) =>
      [ink, dim, accent, ...others].flatMap((word) =>
        [page, card, panel].map((background) => contrast(word, background)),
      );
    const least = Math.min(contrast(onBrand, brand), ...onPaper(light, soft), ...onPaper(dark));
    return least < 4.5 ? [`${brand}: ${least}`] : [];
  });
  expect(weak).toEqual([]);
});

test('a bar is the brand’s own colour if it can be seen on the card', () => {
  for (const brand of ['#0b5a78', '#b3261e', '#ffd400']) {
    expect(paletteOf(brand).light.mark).toBe(brand);
    expect(paletteOf(brand).dark.mark).toBe(brand);
  }
  for (const brand of colours) {
    const { light, dark } = paletteOf(brand);
    expect(contrast(light.mark, light.card)).toBeGreaterThanOrEqual(1.25);
    expect(contrast(dark.mark, dark.card)).toBeGreaterThanOrEqual(1.8);
  }
});

test('a grey makes links as dark, or as light, as words', () => {
  for (const brand of ['#000000', '#808080', '#ffffff']) {
    const { light, dark } = paletteOf(brand);
    expect([light.accent, dark.accent]).toEqual([light.ink, dark.ink]);
  }
});
