// Reads the form of a newsletter's settings: identity, sender, schedule, archive, counting of clicks.
import type { Newsletter } from '../newsletters/schema.js';
import { checkForm, typedIn, type Form } from './newsletter-form.js';

const texts = [
  'name',
  'slug',
  'siteUrl',
  'language',
  'from.name',
  'from.address',
  'replyTo',
  'postalAddress',
  'sendTime',
  'timezone',
  'weeklyDay',
  'minPosts',
  'maxPosts',
  'cutoffMinutes',
  'lateAfterMinutes',
  'review',
  'reviewTimeout',
  'reviewMinutes',
  'retractMinutes',
  'archive',
  'tracking',
] as const;

export const frequencies = ['daily', 'weekly'] as const;
export const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;

/** A checkbox each. Browsers leave out those that are not checked. */
const boxes = [
  ...frequencies.map((name) => `frequency.${name}` as const),
  ...weekdays.map((day) => `weekday.${day}` as const),
];

export type SettingsField = (typeof texts)[number] | (typeof boxes)[number] | 'frequencies' | 'weekdays';
export type SettingsForm = Form<SettingsField>;

/** The settings' names on the page. */
export const settingNames: Readonly<Record<SettingsField, string>> = {
  name: 'Name',
  slug: 'Address on this server',
  siteUrl: 'Website',
  language: 'Language',
  'from.name': 'Sender name',
  'from.address': 'Sender address',
  replyTo: 'Replies go to',
  postalAddress: 'Postal address',
  sendTime: 'Time',
  timezone: 'Time zone',
  weeklyDay: 'Day of the weekly issue',
  minPosts: 'Fewest new posts',
  maxPosts: 'Most posts in an issue',
  cutoffMinutes: 'Posts are fixed, minutes before',
  lateAfterMinutes: 'Latest start, minutes after',
  review: 'Review',
  reviewTimeout: 'If nobody decides',
  reviewMinutes: 'Time to decide, in minutes',
  retractMinutes: 'Time to withdraw an approval, in minutes',
  archive: 'Archive',
  tracking: 'Clicks',
  frequencies: 'How often',
  weekdays: 'Days of the daily issue',
  'frequency.daily': 'Daily',
  'frequency.weekly': 'Weekly',
  'weekday.1': 'Monday',
  'weekday.2': 'Tuesday',
  'weekday.3': 'Wednesday',
  'weekday.4': 'Thursday',
  'weekday.5': 'Friday',
  'weekday.6': 'Saturday',
  'weekday.7': 'Sunday',
};

const problems: Partial<Record<SettingsField, string>> = {
  slug: 'Use 1 to 64 of a-z, 0-9 and inner hyphens.',
  siteUrl: 'Enter an http or https address.',
  language: 'Choose one of these.',
  'from.address': 'Enter an e-mail address such as digest@example.org.',
  replyTo: 'Enter an e-mail address such as editor@example.org.',
  postalAddress: 'Enter 500 characters at most.',
  sendTime: 'Enter a time such as 07:00.',
  timezone: 'Choose one of these.',
  weeklyDay: 'Choose one of these.',
  minPosts: 'Enter a whole number from 1 to 100, not above the maximum.',
  maxPosts: 'Enter a whole number from 1 to 100.',
  cutoffMinutes: 'Enter a whole number from 0 to 1440.',
  lateAfterMinutes: 'Enter a whole number from 0 to 10080.',
  review: 'Choose one of these.',
  reviewTimeout: 'Choose one of these.',
  reviewMinutes: 'Enter a whole number from 0 to 1440.',
  retractMinutes: 'Enter a whole number from 0 to 1440.',
  archive: 'Choose one of these.',
  tracking: 'Choose one of these.',
  frequencies: 'Choose at least one.',
  weekdays: 'Choose at least one day.',
};

/** NaN becomes null in JSON, which the check refuses. */
const wholeNumber = (text: string): number => (text === '' ? Number.NaN : Number(text));

function nameOf(path: PropertyKey[], message: string): [SettingsField, string] {
  const [first, second] = path;
  const name = first === 'from' ? `from.${String(second)}` : first === 'schedule' ? second : first;
  const field = (Object.keys(settingNames) as SettingsField[]).find((one) => one === name) ?? 'name';
  const sentence = problems[field] ?? `${settingNames[field]} ${message}.`;
  return [field, sentence];
}

/**
 * Reads the form from the body of a POST. A text that is missing stays as in `current`; a box that is missing is not
 * checked.
 */
export function readSettingsForm(given: unknown, current: Settings): SettingsForm {
  const typed: Record<SettingsField, string> = { ...settingsTyped(current), ...typedIn(given, texts) };
  const checked = typedIn(given, boxes);
  for (const box of boxes) typed[box] = checked[box] === undefined ? '' : 'on';
  const schedule = {
    frequencies: frequencies.filter((name) => typed[`frequency.${name}`]),
    weekdays: weekdays.filter((day) => typed[`weekday.${day}`]),
    sendTime: typed.sendTime,
    weeklyDay: wholeNumber(typed.weeklyDay),
    minPosts: wholeNumber(typed.minPosts),
    maxPosts: wholeNumber(typed.maxPosts),
    cutoffMinutes: wholeNumber(typed.cutoffMinutes),
    lateAfterMinutes: wholeNumber(typed.lateAfterMinutes),
    review: typed.review,
    reviewTimeout: typed.reviewTimeout,
    reviewMinutes: wholeNumber(typed.reviewMinutes),
    retractMinutes: wholeNumber(typed.retractMinutes),
  };
  const form = checkForm<SettingsField>(
    typed,
    {
      name: typed.name,
      slug: typed.slug,
      siteUrl: typed.siteUrl || null,
      language: typed.language,
      from: { name: typed['from.name'] || typed.name, address: typed['from.address'] },
      replyTo: typed.replyTo || null,
      postalAddress: typed.postalAddress || null,
      timezone: typed.timezone,
      archive: typed.archive,
      tracking: typed.tracking,
      schedule,
    },
    nameOf,
  );
  if (!form.patch || schedule.minPosts <= schedule.maxPosts) return form;
  return { ...form, patch: undefined, wrong: { minPosts: problems.minPosts ?? '' } };
}

export type Settings = Pick<
  Newsletter,
  | 'name'
  | 'slug'
  | 'siteUrl'
  | 'language'
  | 'from'
  | 'replyTo'
  | 'postalAddress'
  | 'timezone'
  | 'archive'
  | 'tracking'
  | 'schedule'
>;

/** The fields of the form for these settings. */
export function settingsTyped(settings: Settings): Record<SettingsField, string> {
  const { schedule, from } = settings;
  const box = (checked: boolean): string => (checked ? 'on' : '');
  return {
    ...(Object.fromEntries([
      ...frequencies.map((name) => [`frequency.${name}`, box(schedule.frequencies.includes(name))]),
      ...weekdays.map((day) => [`weekday.${day}`, box(schedule.weekdays.includes(day))]),
    ]) as Record<(typeof boxes)[number], string>),
    frequencies: '',
    weekdays: '',
    name: settings.name,
    slug: settings.slug,
    siteUrl: settings.siteUrl ?? '',
    language: settings.language,
    'from.name': from.name,
    'from.address': from.address,
    replyTo: settings.replyTo ?? '',
    postalAddress: settings.postalAddress ?? '',
    timezone: settings.timezone,
    archive: settings.archive,
    tracking: settings.tracking,
    sendTime: schedule.sendTime,
    weeklyDay: String(schedule.weeklyDay),
    minPosts: String(schedule.minPosts),
    maxPosts: String(schedule.maxPosts),
    cutoffMinutes: String(schedule.cutoffMinutes),
    lateAfterMinutes: String(schedule.lateAfterMinutes),
    review: schedule.review,
    reviewTimeout: schedule.reviewTimeout,
    reviewMinutes: String(schedule.reviewMinutes),
    retractMinutes: String(schedule.retractMinutes),
  };
}
