// Time zones by part of the world and city, for people who look for theirs. Pure.
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

/** Every zone that Intl knows, in the reader's alphabet. Includes `chosen` if Intl does not know it. */
export function zoneGroups(
  chosen: string,
  { t, locale, city }: Pick<Translator, 't' | 'locale' | 'city'>,
): ZoneGroup[] {
  const inOrder = new Intl.Collator(locale);
  const groups = new Map<string, ZoneGroup>();
  for (const value of new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), chosen])) {
    const [area = ''] = value.split('/');
    const region = t((value.includes('/') && regions[area]) || 'schedule.world');
    const group = groups.get(region) ?? { region, zones: [] };
    group.zones.push({ value, label: city(value) });
    groups.set(region, group);
  }
  for (const { zones } of groups.values()) zones.sort((a, b) => inOrder.compare(a.label, b.label));
  return [...groups.values()].toSorted((a, b) => inOrder.compare(a.region, b.region));
}
