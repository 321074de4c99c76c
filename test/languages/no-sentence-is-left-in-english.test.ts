// Each message of several words differs from the English one.
import { readdirSync, readFileSync } from 'node:fs';
import { packageRoot } from '../../src/config/environment.js';

const folder = new URL('src/languages/', packageRoot);
const areas = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const read = (area: string, language: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${area}/${language}.json`, folder), 'utf8')) as Record<string, string>;
/** The words of a message outside of its arguments. */
const wordsOf = (text: string): string[] =>
  text.replaceAll(/\{\w+(?:, number)?\}/g, ' ').match(/[a-z]{2,}/gi) ?? [];

test.each(['de', 'fr', 'es', 'ar', 'he'])('%s', (language) => {
  const left = areas.flatMap((area) => {
    const own = read(area, language);
    return Object.entries(read(area, 'en'))
      .filter(([key, text]) => own[key] === text && wordsOf(text).length > 2)
      .map(([key]) => `${area}.${key}`);
  });
  expect(left).toEqual([]);
});
