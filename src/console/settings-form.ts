// Reads the form of a newsletter's settings: identity, sender, schedule, archive, counting of clicks.
import type { Message, MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { weekdayInWords } from '../text/words.js';
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
  'fourEyes',
  'paused',
  'privacyUrl',
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

type NamedByCalendar = (typeof boxes)[number] & `weekday.${number}`;

const names: Readonly<Record<Exclude<SettingsField, NamedByCalendar>, MessageKey>> = {
  name: 'settings.name',
  slug: 'settings.slug',
  siteUrl: 'settings.siteUrl',
  language: 'settings.language',
  'from.name': 'settings.senderName',
  'from.address': 'settings.senderAddress',
  replyTo: 'settings.replyTo',
  postalAddress: 'settings.postalAddress',
  sendTime: 'settings.sendTime',
  timezone: 'settings.timezone',
  weeklyDay: 'settings.weeklyDay',
  minPosts: 'settings.minPosts',
  maxPosts: 'settings.maxPosts',
  cutoffMinutes: 'settings.cutoffMinutes',
  lateAfterMinutes: 'settings.lateAfterMinutes',
  review: 'settings.review',
  reviewTimeout: 'settings.reviewTimeout',
  reviewMinutes: 'settings.reviewMinutes',
  retractMinutes: 'settings.retractMinutes',
  fourEyes: 'settings.fourEyes',
  paused: 'settings.paused',
  privacyUrl: 'settings.privacyUrl',
  archive: 'settings.archive',
  tracking: 'settings.tracking',
  frequencies: 'settings.frequencies',
  weekdays: 'settings.weekdays',
  'frequency.daily': 'settings.daily',
  'frequency.weekly': 'settings.weekly',
};

/** The settings' names on the page. */
export function settingNames({ t, locale }: Translator): Readonly<Record<SettingsField, string>> {
  return {
    ...(Object.fromEntries(weekdays.map((day) => [`weekday.${day}`, weekdayInWords(day, locale)])) as Record<
      NamedByCalendar,
      string
    >),
    ...(Object.fromEntries(Object.entries(names).map(([field, key]) => [field, t(key)])) as Record<
      keyof typeof names,
      string
    >),
  };
}

const whole = (least: number, most: number): Message => ({
  key: 'settings.wholeNumber',
  args: { least, most },
});
const oneOfThese: Message = { key: 'settings.oneOfThese' };
const emailSuch = (example: string): Message => ({ key: 'settings.emailSuch', args: { example } });
const fewest: Message = { key: 'settings.fewest', args: { least: 1, most: 100 } };

const problems: Readonly<Record<SettingsField, Message>> = {
  name: { key: 'settings.nameLength' },
  slug: { key: 'settings.slugWrong' },
  siteUrl: { key: 'settings.urlWrong' },
  language: oneOfThese,
  'from.name': { key: 'settings.nameLength' },
  'from.address': emailSuch('digest@example.org'),
  replyTo: emailSuch('editor@example.org'),
  postalAddress: { key: 'settings.tooLong', args: { count: 500 } },
  sendTime: { key: 'settings.timeWrong' },
  timezone: oneOfThese,
  weeklyDay: oneOfThese,
  minPosts: fewest,
  maxPosts: whole(1, 100),
  cutoffMinutes: whole(0, 1440),
  lateAfterMinutes: whole(0, 10080),
  review: oneOfThese,
  reviewTimeout: oneOfThese,
  reviewMinutes: whole(0, 1440),
  retractMinutes: whole(0, 1440),
  fourEyes: oneOfThese,
  paused: oneOfThese,
  privacyUrl: { key: 'settings.urlWrong' },
  archive: oneOfThese,
  tracking: oneOfThese,
  frequencies: { key: 'settings.atLeastOne' },
  weekdays: { key: 'settings.atLeastOneDay' },
  ...(Object.fromEntries(boxes.map((box) => [box, oneOfThese])) as Record<(typeof boxes)[number], Message>),
};

/** NaN becomes null in JSON, which the check refuses. */
const wholeNumber = (text: string): number => (text === '' ? Number.NaN : Number(text));

/** The field of a problem. */
function fieldOf([first, second]: PropertyKey[]): SettingsField {
  const name = first === 'from' ? `from.${String(second)}` : first === 'schedule' ? second : first;
  return (Object.keys(problems) as SettingsField[]).find((one) => one === name) ?? 'name';
}

/**
 * Reads the form from the body of a POST. A text that is missing stays as in `current`; a box that is missing is not
 * checked.
 */
export function readSettingsForm(given: unknown, current: Settings, { say }: Translator): SettingsForm {
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
    fourEyes: typed.fourEyes === 'on',
    paused: typed.paused === 'on',
  };
  const form = checkForm<SettingsField>(
    typed,
    {
      name: typed.name,
      slug: typed.slug,
      siteUrl: typed.siteUrl || null,
      privacyUrl: typed.privacyUrl || null,
      language: typed.language,
      from: { name: typed['from.name'] || typed.name, address: typed['from.address'] },
      replyTo: typed.replyTo || null,
      postalAddress: typed.postalAddress || null,
      timezone: typed.timezone,
      archive: typed.archive,
      tracking: typed.tracking,
      schedule,
    },
    (path) => {
      const field = fieldOf(path);
      return [field, say(problems[field])];
    },
  );
  if (!form.patch || schedule.minPosts <= schedule.maxPosts) return form;
  return { ...form, patch: undefined, wrong: { minPosts: say(fewest) } };
}

export type Settings = Pick<
  Newsletter,
  | 'name'
  | 'slug'
  | 'siteUrl'
  | 'privacyUrl'
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
    privacyUrl: settings.privacyUrl ?? '',
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
    fourEyes: schedule.fourEyes ? 'on' : 'off',
    paused: schedule.paused ? 'on' : 'off',
  };
}
