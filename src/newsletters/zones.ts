// Time zones as people look for them: by part of the world and city. Pure.
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';

export interface ZoneGroup {
  region: string;
  zones: { value: string; label: string }[];
}

const regions: Readonly<Record<string, MessageKey>> = {
  Africa: 'schedule.africa',
  America: 'schedule.americas',
  Antarctica: 'schedule.antarctica',
  Arctic: 'schedule.europe',
  Asia: 'schedule.asia',
  Atlantic: 'schedule.atlantic',
  Australia: 'schedule.australia',
  Europe: 'schedule.europe',
  Indian: 'schedule.indian',
  Pacific: 'schedule.pacific',
};

// Intl keeps the names that zones had first (Unicode CLDR); these have others today, or are spelt with more than ASCII.
// From the tz database, files backward and zone1970.tab (2025b).
const cities: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Asmara',
  'Africa/Sao_Tome': 'São Tomé',
  'America/Bogota': 'Bogotá',
  'America/Coral_Harbour': 'Atikokan',
  'America/Godthab': 'Nuuk',
  'America/Sao_Paulo': 'São Paulo',
  'America/Scoresbysund': 'Ittoqqortoormiit',
  'Antarctica/DumontDUrville': 'Dumont d’Urville',
  'Asia/Calcutta': 'Kolkata',
  'Asia/Katmandu': 'Kathmandu',
  'Asia/Rangoon': 'Yangon',
  'Asia/Saigon': 'Ho Chi Minh City',
  'Atlantic/Faeroe': 'Faroe Islands',
  'Europe/Busingen': 'Büsingen',
  'Europe/Chisinau': 'Chișinău',
  'Europe/Kiev': 'Kyiv',
  'Europe/Tirane': 'Tirana',
  'Europe/Zurich': 'Zürich',
  'Pacific/Enderbury': 'Kanton',
  'Pacific/Ponape': 'Pohnpei',
  'Pacific/Truk': 'Chuuk',
};

/** "Berlin" for Europe/Berlin, "Knox, Indiana" for America/Indiana/Knox, "UTC" for its many names. */
export function cityOf(timezone: string): string {
  if (/^(Etc\/)?(UTC|GMT|Universal|Zulu)$/i.test(timezone)) return 'UTC';
  const [, ...places] = timezone.split('/');
  const named = places.length === 0 ? timezone : places.toReversed().join(', ');
  return cities[timezone] ?? named.replaceAll('_', ' ');
}

/** Every zone that Intl knows, and `chosen` if it is none of them, in the alphabet of the reader. */
export function zoneGroups(chosen: string, { t, locale }: Pick<Translator, 't' | 'locale'>): ZoneGroup[] {
  const inOrder = new Intl.Collator(locale);
  const groups = new Map<string, ZoneGroup>();
  for (const value of new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), chosen])) {
    const [area = ''] = value.split('/');
    const region = t((value.includes('/') && regions[area]) || 'schedule.world');
    const group = groups.get(region) ?? { region, zones: [] };
    group.zones.push({ value, label: cityOf(value) });
    groups.set(region, group);
  }
  for (const { zones } of groups.values()) zones.sort((a, b) => inOrder.compare(a.label, b.label));
  return [...groups.values()].toSorted((a, b) => inOrder.compare(a.region, b.region));
}
