// What the page of a newsletter's settings shows.
import { languageNames, languages } from '../languages/language.js';
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

const reviews: Readonly<Record<Newsletter['schedule']['review'], string>> = {
  auto: 'send each issue at its time',
  hold: 'hold each issue until someone approves it',
};

const timeouts: Readonly<Record<Newsletter['schedule']['reviewTimeout'], string>> = {
  wait: 'keep waiting',
  release: 'send the issue',
  skip: 'skip the issue; its posts go into the next one',
};

const archives: Readonly<Record<Newsletter['archive'], string>> = {
  public: 'everyone can read past issues',
  subscribers: 'readers only, with the link in their mail',
  none: 'no archive',
};

const trackings: Readonly<Record<Newsletter['tracking'], string>> = {
  off: 'are not counted',
  consent: 'are counted for readers who agree',
};

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

const days = Object.fromEntries(weekdays.map((day) => [String(day), settingNames[`weekday.${day}`]]));

interface SettingsPage {
  /** Undefined: the page creates a newsletter. */
  newsletter?: Newsletter | undefined;
  /** The values that the form starts from. */
  current: Settings;
  form?: SettingsForm | undefined;
  changed?: readonly SettingsField[] | undefined;
}

/** A setting that another person has saved since the form was made, with its value now. */
function nowIs(field: SettingsField, current: Readonly<Record<SettingsField, string>>): string {
  const value = current[field];
  const box = field.startsWith('frequency.') || field.startsWith('weekday.');
  return `${settingNames[field]}: ${box ? (value === 'on' ? 'yes' : 'no') : value === '' ? 'empty' : value}`;
}

export function settingsView({ newsletter, current, form, changed = [] }: SettingsPage): object {
  const saved = settingsTyped(current);
  const typed = { ...saved, ...form?.typed };
  const box = (prefix: 'frequency' | 'weekday', name: string | number): object => {
    const field = `${prefix}.${name}` as SettingsField;
    return { name: field, label: settingNames[field], checked: typed[field] === 'on' };
  };
  const languageLabels = Object.fromEntries(languages.map((tag) => [tag, languageNames[tag]]));
  const refused = Object.keys(form?.wrong ?? {});
  return {
    newsletter,
    title: newsletter === undefined ? 'New newsletter' : 'Settings',
    creating: newsletter === undefined,
    names: settingNames,
    typed,
    wrong: form?.wrong ?? {},
    refused: refused.length > 0 ? refused[0] : undefined,
    changed: changed.map((field) => nowIs(field, saved)),
    madeFrom: madeFrom(saved),
    zones: options(zones(), typed.timezone),
    languages: options(languageLabels, typed.language),
    reviews: options(reviews, typed.review),
    timeouts: options(timeouts, typed.reviewTimeout),
    archives: options(archives, typed.archive),
    trackings: options(trackings, typed.tracking),
    weeklyDays: options(days, typed.weeklyDay),
    frequencies: frequencies.map((name) => box('frequency', name)),
    weekdays: weekdays.map((day) => box('weekday', day)),
  };
}
