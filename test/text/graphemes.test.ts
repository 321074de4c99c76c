// Counting and wrapping text by graphemes.
import { graphemesOf, isLongerThan } from '../../src/text/graphemes.js';
import { wrapText } from '../../src/text/wrap-text.js';

const family = '👨‍👩‍👧‍👦';

test.each([
  ['', 0],
  ['abc', 3],
  ['e\u0301', 1],
  [family.repeat(3), 3],
  // Longer than one piece of the text that is segmented at a time.
  [`a${family.repeat(100)}`, 101],
  [`${'x'.repeat(250)}${family}${'\r\n'.repeat(300)}`, 551],
  ['🇩🇪'.repeat(400), 400],
])('%.20j has %i characters', (text, count) => {
  const characters = [...graphemesOf(text)];
  expect(characters.join('')).toBe(text);
  expect(characters).toHaveLength(count);
  expect(isLongerThan(text, count)).toBe(false);
  expect(isLongerThan(text, count - 1)).toBe(count > 0);
});

test('a text of noise is read to its end in a time that grows with its length', () => {
  const accents = 'e' + '\u0301'.repeat(200_000);
  expect([...graphemesOf(accents)].join('')).toBe(accents);
  const lines = wrapText('ж'.repeat(200_000), 78).trim().split('\n');
  expect(lines).toHaveLength(Math.ceil(200_000 / 78));
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([78, 200_000 % 78]));
});

test('a long quotation is marked on every line, and a list’s text is indented below itself', () => {
  const words = 'word '.repeat(30).trim();
  for (const [mark, next] of [
    ['> ', '> '],
    ['> > ', '> > '],
    ['> 1. ', '>    '],
    [' * ', '   '],
  ] as const) {
    const [first = '', ...others] = wrapText(`${mark}${words}`, 40).trimEnd().split('\n');
    expect(first.trimStart()).toMatch(/word$/);
    expect(others.length).toBeGreaterThan(2);
    for (const line of others) expect(line.slice(0, next.length)).toBe(next);
  }
});
