// The name of a time zone's city in a reader's language. `npm run cities` makes cities.json, which names its
// source.
import { readFileSync } from 'node:fs';
import { packageRoot } from '../config/environment.js';
import type { Language } from './language.js';

export interface Cities {
  /** The name and version of the data. */
  source: string;
  /** The other names of zones: {'Asia/Kolkata': 'Asia/Calcutta'}. */
  aliases: Readonly<Record<string, string>>;
  /** By language and zone. A missing zone is called by its identifier. */
  cities: Readonly<Record<Language, Readonly<Record<string, string>>>>;
}

type Names = ReadonlyMap<string, string>;

/** Makes maps, because a plain object would find "constructor". */
function open(): { aliases: Names; cities: Readonly<Record<Language, Names>> } {
  const file = new URL('src/languages/cities.json', packageRoot);
  const { aliases, cities } = JSON.parse(readFileSync(file, 'utf8')) as Cities;
  const { en, de, fr, es, he, ar } = cities;
  const names = (of: Readonly<Record<string, string>>): Names => new Map(Object.entries(of));
  return {
    aliases: names(aliases),
    cities: { en: names(en), de: names(de), fr: names(fr), es: names(es), he: names(he), ar: names(ar) },
  };
}

let known: ReturnType<typeof open> | undefined;

/** "دبي" for Asia/Dubai, "Knox, Indiana" for America/Indiana/Knox, "UTC" for its many names. */
export function cityOf(timezone: string, language: Language): string {
  if (/^(Etc\/)?(UTC|GMT|Universal|Zulu)$/i.test(timezone)) return 'UTC';
  known ??= open();
  const zone = known.aliases.get(timezone) ?? timezone;
  // English has today's names (Kyiv), where the identifier is old and the language has no name.
  const city = known.cities[language].get(zone) ?? known.cities.en.get(zone);
  if (city !== undefined) return city;
  const [, ...places] = zone.split('/');
  return (places.length === 0 ? zone : places.toReversed().join(', ')).replaceAll('_', ' ');
}
