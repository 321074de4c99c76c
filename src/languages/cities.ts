// What the city of a time zone is called in a reader's language (cities.json says where from; `npm run cities` makes it).
import { readFileSync } from 'node:fs';
import { packageRoot } from '../config/environment.js';
import type { Language } from './language.js';

export interface Cities {
  /** In words: which data, in which version. */
  source: string;
  /** The other names of zones: {'Asia/Kolkata': 'Asia/Calcutta'}. */
  aliases: Readonly<Record<string, string>>;
  /** By language and zone; a zone that is left out is called by its own name there. */
  cities: Readonly<Record<Language, Readonly<Record<string, string>>>>;
}

type Names = ReadonlyMap<string, string>;

/** As maps, in which "constructor" is not found. */
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
  // English has the names of today (Kyiv), where the zone still has an old one and the language nothing to add.
  const city = known.cities[language].get(zone) ?? known.cities.en.get(zone);
  if (city !== undefined) return city;
  const [, ...places] = zone.split('/');
  return (places.length === 0 ? zone : places.toReversed().join(', ')).replaceAll('_', ' ');
}
