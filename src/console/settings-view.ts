// What the page of a newsletter's settings shows.
import { languageNames, languages } from '../languages/language.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import { madeFrom } from './newsletter-form.js';
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
  changed?: readonly SettingsField[] | undefined;
}

/** A setting that another person has saved since the form was made, with its value now. */
function nowIs(
  field: SettingsField,
  current: Readonly<Record<SettingsField, string>>,
  words: Translator,
): string {
  const value = current[field];
  const box = field.startsWith('frequency.') || field.startsWith('weekday.');
  const { t } = words;
  const said = box ? t(value === 'on' ? 'settings.yes' : 'settings.no') : value || t('settings.emptyValue');
  return t('settings.nowIs', { name: settingNames(words)[field], value: said });
}

export function settingsView(
  { newsletter, current, form, changed = [] }: SettingsPage,
  words: Translator,
): object {
  const saved = settingsTyped(current);
  const typed = { ...saved, ...form?.typed };
  const names = settingNames(words);
  const box = (prefix: 'frequency' | 'weekday', name: string | number): object => {
    const field = `${prefix}.${name}` as SettingsField;
    return { name: field, label: names[field], checked: typed[field] === 'on' };
  };
  const languageLabels = Object.fromEntries(languages.map((tag) => [tag, languageNames[tag]]));
  const refused = Object.keys(form?.wrong ?? {});
  const days = Object.fromEntries(weekdays.map((day) => [String(day), names[`weekday.${day}`]]));
  return {
    newsletter,
    title: words.t(newsletter === undefined ? 'settings.newTitle' : 'settings.title'),
    creating: newsletter === undefined,
    names,
    typed,
    wrong: form?.wrong ?? {},
    refused: refused.length > 0 ? refused[0] : undefined,
    changed: changed.map((field) => nowIs(field, saved, words)),
    madeFrom: madeFrom(saved),
    zones: options(zones(), typed.timezone),
    languages: options(languageLabels, typed.language),
    reviews: options(labelsOf(reviews, words), typed.review),
    timeouts: options(labelsOf(timeouts, words), typed.reviewTimeout),
    fourEyes: options(labelsOf(fourEyes, words), typed.fourEyes),
    pauses: options(labelsOf(pauses, words), typed.paused),
    archives: options(labelsOf(archives, words), typed.archive),
    trackings: options(labelsOf(trackings, words), typed.tracking),
    weeklyDays: options(days, typed.weeklyDay),
    frequencies: frequencies.map((name) => box('frequency', name)),
    weekdays: weekdays.map((day) => box('weekday', day)),
  };
}
