// Regenerates the city names of the time zones in our languages from Unicode CLDR, which npm distributes.
//   npm run cities -- 48.2.0
// cldr-dates-full holds each language's names of the cities. cldr-bcp47 lists the aliases of each zone.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../src/config/environment.js';
import type { Cities } from '../src/languages/cities.js';
import { languages } from '../src/languages/language.js';

/** One level for each part of a zone's name. The last level holds the city: {exemplarCity}. */
interface Zones {
  [part: string]: Zones | string;
}

const version = process.argv[2];
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error('npm run cities -- 48.2.0');

const folder = mkdtempSync(path.join(tmpdir(), 'daily-digest-cities-'));

function unpack(name: string): (file: string) => string {
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const packed = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], options).trim();
  execFileSync('tar', ['-xzf', packed, `--one-top-level=${name}`, '--strip-components=1'], options);
  return (file) => path.join(folder, name, file);
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function* citiesIn(zones: Zones, above: readonly string[] = []): Generator<[string, string]> {
  for (const [part, below] of Object.entries(zones)) {
    if (typeof below !== 'object') continue;
    const name = [...above, part];
    const { exemplarCity: city } = below;
    if (typeof city === 'string') yield [name.join('/'), city];
    else yield* citiesIn(below, name);
  }
}

const inOrder = <T>(entries: Iterable<[string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].toSorted(([one], [other]) => (one < other ? -1 : 1)));

try {
  const dates = unpack('cldr-dates-full');
  const ids = unpack('cldr-bcp47');
  const { keyword } = read(ids('bcp47/timezone.json')) as {
    keyword: { u: { tz: Record<string, Record<string, unknown> | string> } };
  };
  const aliases = Object.values(keyword.u.tz).flatMap((zone) => {
    // The data describe the whole key with strings ("_description" and others), beside the zones.
    const names = typeof zone === 'string' ? undefined : zone['_alias'];
    const [first = '', ...others] = typeof names === 'string' ? names.split(' ') : [];
    return others.map((other): [string, string] => [other, first]);
  });
  const cities = languages.map((language): [string, Record<string, string>] => {
    const { main } = read(dates(`main/${language}/timeZoneNames.json`)) as {
      main: Record<string, { dates: { timeZoneNames: { zone: Zones } } } | undefined>;
    };
    const found = [...citiesIn(main[language]?.dates.timeZoneNames.zone ?? {})];
    return [language, inOrder(found.filter(([zone]) => zone !== 'Etc/Unknown'))];
  });
  const made: Cities = {
    source: `Unicode CLDR: the npm packages cldr-dates-full and cldr-bcp47, ${version} (cities.LICENSE), by bench/cities.ts`,
    aliases: inOrder(aliases),
    cities: Object.fromEntries(cities) as Cities['cities'],
  };
  const target = new URL('src/languages/cities.json', packageRoot);
  writeFileSync(target, `${JSON.stringify(made, undefined, 2)}\n`);
  copyFileSync(dates('LICENSE'), new URL('src/languages/cities.LICENSE', packageRoot));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
