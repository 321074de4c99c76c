// The version of the preferences form: a hash of each choice as the form showed it. A tab that was opened
// before another one saved sends old values. Those that its reader did not touch must not replace newer
// choices. Pure.
import { createHash } from 'node:crypto';
import type { Translator } from '../languages/translate.js';
import { inputPrefix, readCustomValue } from '../subscribers/custom-fields.js';
import type { Preferences } from './preferences.js';

type Fields = Readonly<Record<string, unknown>>;

const hashOf = (name: string, value: string): string =>
  createHash('sha256').update(`${name}\0${value}`).digest('hex').slice(0, 12);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const topicsAsText = (topics: readonly string[]): string => topics.toSorted().join('\n');

/** Each input of the form, with the value that it shows for these preferences. */
function shownValues(preferences: Preferences): Map<string, string> {
  const { newsletter, time, topics, language, plainText, tracking, customFields } = preferences;
  const answers = newsletter.customFields.map((field): [string, string] => [
    inputPrefix + field.name,
    answerAsText(preferences, field.name, customFields[field.name]),
  ]);
  return new Map([
    ['frequency', time.frequency],
    ['weekday', String(time.weekday ?? newsletter.schedule.weeklyDay)],
    ['sendTime', time.sendTime],
    ['timezone', time.timezone],
    ['topics', topicsAsText(newsletter.topics.filter((topic) => topics?.includes(topic) ?? true))],
    ...answers,
    ['language', language ?? ''],
    ['plainText', plainText ? 'yes' : 'no'],
    ['tracking', tracking ? 'yes' : 'no'],
  ]);
}

/** An answer to a custom field, stored or sent, in one spelling. */
function answerAsText({ newsletter }: Preferences, name: string, given: unknown): string {
  const field = newsletter.customFields.find((one) => one.name === name);
  const read = field && readCustomValue(given, field);
  if (read?.ok !== true) return textOf(listOf(given).at(-1));
  return String(read.value ?? (field?.type === 'checkbox' ? false : ''));
}

/** The value that the form sends for an input; undefined if it has no such input. */
function sentValue(preferences: Preferences, name: string, fields: Fields): string | undefined {
  const sent = fields[name];
  if (sent === undefined || sent === null) return undefined;
  if (name === 'topics') return topicsAsText(listOf(sent).map(textOf).filter(Boolean));
  if (name === 'plainText' || name === 'tracking') return listOf(sent).includes('yes') ? 'yes' : 'no';
  if (name.startsWith(inputPrefix)) return answerAsText(preferences, name.slice(inputPrefix.length), sent);
  return textOf(sent);
}

/** The version of the form that shows these preferences. */
export function formVersion(preferences: Preferences): string {
  return [...shownValues(preferences)].map(([name, value]) => `${name}=${hashOf(name, value)}`).join(' ');
}

/**
 * Drops the fields whose choice was changed after the form was shown and that the reader left as shown.
 * `kept` names them. A choice that the reader changed in this form counts. A form without a version drops
 * nothing.
 */
export function keepNewerChoices(before: Preferences, fields: Fields): { fields: Fields; kept: string[] } {
  const version = textOf(fields['version']);
  const shown = new Map(
    version.split(' ').map((part): [string, string] => {
      const [name = '', hash = ''] = part.split('=', 2);
      return [name, hash];
    }),
  );
  const kept = [...shownValues(before)]
    .filter(([name, value]) => {
      const hash = shown.get(name);
      if (hash === undefined || hash === hashOf(name, value)) return false;
      const sent = sentValue(before, name, fields);
      return sent !== undefined && hash === hashOf(name, sent);
    })
    .map(([name]) => name);
  const dropped = new Set(kept);
  return { fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !dropped.has(name))), kept };
}

/** The labels of these inputs, as the page has them; unknown names have none. */
export function labelsOf(
  names: readonly string[],
  { newsletter }: Preferences,
  { t }: Pick<Translator, 't'>,
): string[] {
  const labels = new Map([
    ['frequency', t('preferences.frequency')],
    ['weekday', t('preferences.day')],
    ['sendTime', t('preferences.time')],
    ['timezone', t('preferences.zone')],
    ['topics', t('preferences.topics')],
    ...newsletter.customFields.map(({ name, label }): [string, string] => [inputPrefix + name, label]),
    ['language', t('preferences.language')],
    ['plainText', t('preferences.plainText')],
    ['tracking', t('preferences.counting')],
  ]);
  return [...labels].filter(([name]) => names.includes(name)).map(([, label]) => label);
}
