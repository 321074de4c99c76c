// What the page of a newsletter's settings shows.
import { languageNames, languages } from '../languages/language.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { OfferingInWords } from '../newsletters/listing.js';
import type { Newsletter } from '../newsletters/schema.js';
import { fieldChangesInWords, madeFrom, type FieldChange } from './newsletter-form.js';
import {
  frequencies,
  settingNames,
  settingsTyped,
  weekdays,
  type Settings,
  type SettingsField,
  type SettingsForm,
} from './settings-form.js';

interface Option {
  value: string;
  label: string;
  chosen: boolean;
}

const reviews: Readonly<Record<Newsletter['schedule']['review'], MessageKey>> = {
  auto: 'settings.reviewAuto',
  hold: 'settings.reviewHold',
};

const timeouts: Readonly<Record<Newsletter['schedule']['reviewTimeout'], MessageKey>> = {
  wait: 'settings.timeoutWait',
  release: 'settings.timeoutRelease',
  skip: 'settings.timeoutSkip',
};

const fourEyes: Readonly<Record<string, MessageKey>> = {
  off: 'settings.fourEyesOff',
  on: 'settings.fourEyesOn',
};

const pauses: Readonly<Record<string, MessageKey>> = {
  off: 'settings.pausedOff',
  on: 'settings.pausedOn',
};

const archives: Readonly<Record<Newsletter['archive'], MessageKey>> = {
  public: 'settings.archivePublic',
  subscribers: 'settings.archiveReaders',
  none: 'settings.archiveNone',
};

const trackings: Readonly<Record<Newsletter['tracking'], MessageKey>> = {
  off: 'settings.trackingOff',
  consent: 'settings.trackingConsent',
};

const labelsOf = (
  keys: Readonly<Record<string, MessageKey>>,
  { t }: Translator,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(keys).map(([value, key]) => [value, t(key)]));

/** The options of a menu. A value that is not among them stays possible. */
function options(labels: Readonly<Record<string, string>>, value: string): Option[] {
  const all = Object.hasOwn(labels, value) || value === '' ? labels : { ...labels, [value]: value };
  return Object.entries(all).map(([name, label]) => ({ value: name, label, chosen: name === value }));
}

const zones = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')].map((zone) => [
      zone,
      zone.replaceAll('_', ' '),
    ]),
  );

interface SettingsPage {
  /** Undefined: the page creates a newsletter. */
  newsletter?: Newsletter | undefined;
  /** The values that the form starts from. */
  current: Settings;
  form?: SettingsForm | undefined;
  /** What the form was made from, if the page shows it again. */
  madeFrom?: string | undefined;
  changed?: readonly FieldChange<SettingsField>[] | undefined;
  /** Missing while the newsletter is created. */
  listing?: OfferingInWords | undefined;
}

type Values = Readonly<Record<SettingsField, string>>;

/** The labels of the menus' values. */
function menusOf(words: Translator) {
  const names = settingNames(words);
  return {
    timezone: zones(),
    language: Object.fromEntries(languages.map((tag) => [tag, languageNames[tag]])),
    review: labelsOf(reviews, words),
    reviewTimeout: labelsOf(timeouts, words),
    fourEyes: labelsOf(fourEyes, words),
    paused: labelsOf(pauses, words),
    archive: labelsOf(archives, words),
    tracking: labelsOf(trackings, words),
    weeklyDay: Object.fromEntries(weekdays.map((day) => [String(day), names[`weekday.${day}`]])),
  } satisfies Partial<Record<SettingsField, Readonly<Record<string, string>>>>;
}

/** A setting's value as people read it. */
function inWords(field: SettingsField, values: Values, words: Translator): string {
  const { t } = words;
  const names = settingNames(words);
  const chosen = (boxes: readonly SettingsField[]): string =>
    boxes
      .filter((box) => values[box] === 'on')
      .map((box) => names[box])
      .join(', ');
  if (field === 'frequencies') return chosen(frequencies.map((name) => `frequency.${name}` as const));
  if (field === 'weekdays') return chosen(weekdays.map((day) => `weekday.${day}` as const));
  const value = values[field];
  if (field.startsWith('frequency.') || field.startsWith('weekday.'))
    return t(value === 'on' ? 'settings.yes' : 'settings.no');
  const menus: Partial<Record<SettingsField, Readonly<Record<string, string>>>> = menusOf(words);
  return menus[field]?.[value] ?? (value || t('settings.emptyValue'));
}

/** Whether readers find the newsletter, or what is missing for that. */
function listingKey({ wanted, hasAddress, hasPosts }: OfferingInWords): MessageKey {
  if (!wanted) return 'form.unlisted';
  if (hasAddress) return hasPosts ? 'form.listed' : 'form.listedNeedsFeed';
  return hasPosts ? 'form.listedNeedsAddress' : 'form.listedNeedsBoth';
}

/** What people see who may change nothing. */
const facts = [
  'name',
  'siteUrl',
  'language',
  'slug',
  'from.address',
  'from.name',
  'replyTo',
  'postalAddress',
  'paused',
  'frequencies',
  'sendTime',
  'timezone',
  'weekdays',
  'weeklyDay',
  'minPosts',
  'maxPosts',
  'cutoffMinutes',
  'lateAfterMinutes',
  'review',
  'reviewTimeout',
  'reviewMinutes',
  'retractMinutes',
  'fourEyes',
  'archive',
  'privacyUrl',
  'tracking',
] as const satisfies readonly SettingsField[];

export function settingsView(
  { newsletter, current, form, changed = [], listing, madeFrom: sent }: SettingsPage,
  words: Translator,
): object {
  const saved = settingsTyped(current);
  const typed = { ...saved, ...form?.typed };
  const names = settingNames(words);
  const box = (prefix: 'frequency' | 'weekday', name: string | number): object => {
    const field = `${prefix}.${name}` as SettingsField;
    return { name: field, label: names[field], checked: typed[field] === 'on' };
  };
  const menus = menusOf(words);
  const refused = Object.keys(form?.wrong ?? {});
  return {
    newsletter,
    title: words.t(newsletter === undefined ? 'settings.newTitle' : 'settings.title'),
    creating: newsletter === undefined,
    names,
    typed,
    wrong: form?.wrong ?? {},
    refused: refused.length > 0 ? refused[0] : undefined,
    changed: fieldChangesInWords(
      changed,
      { names, inWords: (field, value) => inWords(field, { ...saved, [field]: value }, words) },
      words,
    ),
    facts: facts.map((field) => ({ name: names[field], value: inWords(field, saved, words) })),
    listing: listing && { wanted: listing.wanted, words: words.t(listingKey(listing)) },
    madeFrom: sent ?? madeFrom(saved),
    zones: options(menus.timezone, typed.timezone),
    languages: options(menus.language, typed.language),
    reviews: options(menus.review, typed.review),
    timeouts: options(menus.reviewTimeout, typed.reviewTimeout),
    fourEyes: options(menus.fourEyes, typed.fourEyes),
    pauses: options(menus.paused, typed.paused),
    archives: options(menus.archive, typed.archive),
    trackings: options(menus.tracking, typed.tracking),
    weeklyDays: options(menus.weeklyDay, typed.weeklyDay),
    frequencies: frequencies.map((name) => box('frequency', name)),
    weekdays: weekdays.map((day) => box('weekday', day)),
  };
}
