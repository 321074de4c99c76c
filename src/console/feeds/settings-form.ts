// The form of a feed's settings: what it shows, reads and refuses.
import type { Request } from 'express';
import type { FeedJson } from '../../feeds/feed-json.js';
import { usualPollMinutes } from '../../feeds/next-poll.js';
import type { FeedSettings } from '../../feeds/request-settings.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { identityRules } from '../../posts/identity/rule.js';
import { formField } from '../form-field.js';
import { fieldChangesInWords, madeFrom } from '../newsletter-form.js';
import type { Again } from '../saving/save-form.js';

const settingsNames = {
  pollMinutes: 'feeds.interval',
  identity: 'feeds.identity',
  withoutCache: 'feeds.withoutCache',
  keepFurniture: 'feeds.keepFurniture',
  cookie: 'feeds.cookie',
  headerName: 'feeds.headerName',
} as const satisfies Record<string, MessageKey>;
type SettingsField = keyof typeof settingsNames;

type ShownField = Exclude<SettingsField, 'cookie'>;

export interface FeedForm {
  typed: Readonly<Record<ShownField, string>>;
  /** A secret was typed, which no page shows again. */
  hadSecret: boolean;
  wrong: Partial<Record<SettingsField | 'headerValue', string>>;
  patch: FeedSettings;
}

/** The fields of the form for the feed's current settings. Of the cookie, only whether there is one. */
export function feedSettingsTyped(feed: FeedJson): Record<SettingsField, string> {
  return {
    pollMinutes: String(feed.pollMinutes ?? ''),
    identity: feed.identity ?? '',
    withoutCache: feed.withoutCache ? 'yes' : '',
    keepFurniture: feed.keepFurniture ? 'yes' : '',
    cookie: feed.hasCookie ? 'yes' : '',
    headerName: feed.header ?? '',
  };
}

/** What the person typed and chose. The secrets are in the patch alone. */
export const readFeedForm = (req: Request): FeedForm => ({
  typed: {
    pollMinutes: formField(req, 'pollMinutes'),
    identity: formField(req, 'identity'),
    withoutCache: formField(req, 'withoutCache'),
    keepFurniture: formField(req, 'keepFurniture'),
    headerName: formField(req, 'headerName'),
  },
  hadSecret: formField(req, 'cookie') !== '' || formField(req, 'headerValue') !== '',
  wrong: {},
  patch: feedSettingsOf(req),
});

const rules = [
  ['', 'feeds.ruleUsual'],
  ['guid', 'feeds.ruleGuid'],
  ['link', 'feeds.ruleLink'],
  ['title', 'feeds.ruleTitle'],
] as const satisfies [string, MessageKey][];

/** Minutes between two polls that the form offers. */
const intervals = [5, 15, 30, 60, 180, 360, 720, 1440] as const;

/** "every 30 minutes", "every 3 hours"; with null, the usual interval. */
function intervalInWords(minutes: number | null, { t }: Translator): string {
  if (minutes === null) return t('feeds.everyUsual', { count: usualPollMinutes });
  return minutes % 60 === 0
    ? t('feeds.everyHours', { count: minutes / 60 })
    : t('feeds.everyMinutes', { count: minutes });
}

function intervalChoices(saved: number | null, chosen: string, words: Translator): object[] {
  const all = new Set<number | null>([null, ...intervals, saved]);
  return [...all].map((minutes) => ({
    value: minutes ?? '',
    label: intervalInWords(minutes, words),
    chosen: String(minutes ?? '') === chosen,
  }));
}

/** A field's value, in words. */
function valueInWords(field: SettingsField, value: string, words: Translator): string {
  const { t } = words;
  switch (field) {
    case 'pollMinutes':
      return intervalInWords(value === '' ? null : Number(value), words);
    case 'identity':
      return t(rules.find(([rule]) => rule === value)?.[1] ?? 'feeds.ruleUsual');
    case 'headerName':
      return value;
    default:
      return t(value === 'yes' ? 'settings.yes' : 'settings.no');
  }
}

/** The part of the feed's page that shows the settings. */
export function feedSettingsView(
  feed: FeedJson,
  words: Translator,
  again?: Pick<Again<FeedForm, FeedJson, SettingsField>, 'form' | 'changed' | 'madeFrom'>,
): object {
  const { t } = words;
  const saved = feedSettingsTyped(feed);
  const typed = { ...saved, ...again?.form.typed };
  const names = Object.fromEntries(
    // The label of a box is a sentence.
    Object.entries(settingsNames).map(([field, key]) => [field, t(key).replace(/\.$/, '')]),
  ) as Record<SettingsField, string>;
  return {
    typed,
    wrong: again?.form.wrong ?? {},
    madeFrom: again?.madeFrom ?? madeFrom(saved),
    changed: fieldChangesInWords(
      again?.changed ?? [],
      { names, inWords: (field, value) => valueInWords(field, value, words) },
      words,
    ),
    isAgain: again !== undefined,
    hadSecret: again?.form.hadSecret,
    intervals: intervalChoices(feed.pollMinutes, typed.pollMinutes, words),
    rules: rules.map(([value, key]) => ({ value, label: t(key), chosen: value === typed.identity })),
  };
}

/** The settings of the form. An empty field of a secret leaves it as it is. */
function feedSettingsOf(req: Request): FeedSettings {
  const [cookie, name, value] = ['cookie', 'headerName', 'headerValue'].map((field) => formField(req, field));
  const minutes = formField(req, 'pollMinutes');
  const isRemoved = (field: string): boolean => formField(req, field) === 'yes';
  return {
    identity: identityRules.find((rule) => rule === formField(req, 'identity')) ?? null,
    withoutCache: formField(req, 'withoutCache') === 'yes',
    keepFurniture: formField(req, 'keepFurniture') === 'yes',
    pollMinutes: minutes === '' ? null : Number(minutes),
    cookie: isRemoved('removeCookie') ? null : cookie || undefined,
    header: isRemoved('removeHeader') ? null : value ? { name: name ?? '', value } : undefined,
  };
}

const fieldsOfPaths: Readonly<Record<string, keyof FeedForm['wrong']>> = {
  pollMinutes: 'pollMinutes',
  cookie: 'cookie',
  'header.value': 'headerValue',
};

/** The form with its problem. `path`: as updateFeed names it. */
export function withFeedProblem(form: FeedForm, path: string, { t }: Translator): FeedForm {
  const field = fieldsOfPaths[path] ?? 'headerName';
  const wrong = {
    pollMinutes: () => t('form.wrongChoice'),
    cookie: () => t('feeds.cookieWrong', { example: 'session=1a2b3c' }),
    headerValue: () => t('feeds.headerWrong'),
    headerName: () => t('feeds.headerNameWrong', { name: form.typed.headerName.slice(0, 100) }),
  };
  return { ...form, wrong: { [field]: wrong[field as keyof typeof wrong]() } };
}
