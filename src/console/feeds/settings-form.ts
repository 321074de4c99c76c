// The form of a feed's settings: what it shows, reads and refuses.
import type { Request } from 'express';
import type { FeedJson } from '../../feeds/feed-json.js';
import { usualPollMinutes } from '../../feeds/next-poll.js';
import type { FeedSettings } from '../../feeds/request-settings.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { identityRules } from '../../posts/identity/rule.js';
import { formField } from '../form-field.js';
import { madeFrom } from '../newsletter-form.js';

const settingsNames = {
  pollMinutes: 'feeds.interval',
  identity: 'feeds.identity',
  withoutCache: 'feeds.withoutCache',
  keepFurniture: 'feeds.keepFurniture',
  cookie: 'feeds.cookie',
  headerName: 'feeds.headerName',
} as const satisfies Record<string, MessageKey>;
type SettingsField = keyof typeof settingsNames;

/** A form that another person's change has made stale. */
export interface StaleFeedSettings {
  typed: Readonly<Record<Exclude<SettingsField, 'cookie'>, string>>;
  /** A secret was typed, which no page shows again. */
  hadSecret: boolean;
  changed: readonly SettingsField[];
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

/** What the person typed and chose, without the secrets. */
export function typedSettings(req: Request): Pick<StaleFeedSettings, 'typed' | 'hadSecret'> {
  return {
    typed: {
      pollMinutes: formField(req, 'pollMinutes'),
      identity: formField(req, 'identity'),
      withoutCache: formField(req, 'withoutCache'),
      keepFurniture: formField(req, 'keepFurniture'),
      headerName: formField(req, 'headerName'),
    },
    hadSecret: formField(req, 'cookie') !== '' || formField(req, 'headerValue') !== '',
  };
}

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

/** The saved value of a field, in words. */
function savedInWords(field: SettingsField, feed: FeedJson, words: Translator): string {
  const { t } = words;
  switch (field) {
    case 'pollMinutes':
      return intervalInWords(feed.pollMinutes, words);
    case 'identity':
      return t(rules.find(([value]) => value === (feed.identity ?? ''))?.[1] ?? 'feeds.ruleUsual');
    case 'headerName':
      return feed.header ?? t('settings.emptyValue');
    default:
      return t(feedSettingsTyped(feed)[field] === 'yes' ? 'settings.yes' : 'settings.no');
  }
}

/** The part of the feed's page that shows the settings. */
export function feedSettingsView(feed: FeedJson, words: Translator, stale?: StaleFeedSettings): object {
  const { t } = words;
  const saved = feedSettingsTyped(feed);
  const typed = { ...saved, ...stale?.typed };
  return {
    typed,
    madeFrom: madeFrom(saved),
    changed: stale?.changed.map((field) =>
      t('settings.nowIs', {
        // The label of a box is a sentence.
        name: t(settingsNames[field]).replace(/\.$/, ''),
        value: savedInWords(field, feed, words),
      }),
    ),
    hadSecret: stale?.hadSecret,
    intervals: intervalChoices(feed.pollMinutes, typed.pollMinutes, words),
    rules: rules.map(([value, key]) => ({ value, label: t(key), chosen: value === typed.identity })),
  };
}

/** The settings of the form. An empty field of a secret leaves it as it is. */
export function feedSettingsOf(req: Request): FeedSettings {
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

/** What is wrong with the settings. The form has no other fields that can be refused. */
export function refusalInWords({ path }: { path: string }, req: Request, { t }: Translator): string {
  if (path === 'pollMinutes') return t('form.wrongChoice');
  if (path === 'cookie') return t('feeds.cookieWrong', { example: 'session=1a2b3c' });
  if (path === 'header.value') return t('feeds.headerWrong');
  return t('feeds.headerNameWrong', { name: formField(req, 'headerName').slice(0, 100) });
}
