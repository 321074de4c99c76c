// The view of the preferences page. Pure.
import type { Translator } from '../languages/translate.js';
import { dateAt } from '../newsletters/due.js';
import {
  dayNames,
  daysInWords,
  scheduleInWords,
  slotInWords,
  timeInWords,
} from '../newsletters/schedule-words.js';
import { zoneGroups } from '../newsletters/zones.js';
import type { PageOption, PageViews } from '../templating/page-views.js';
import { clockInWords, dateInWords } from '../text/words.js';
import { formVersion, labelsOf } from './form-version.js';
import type { PageOutcome } from './outcome-in-url.js';
import { inputPrefix } from '../subscribers/custom-fields.js';
import { customFieldInputs, languageOptions, timesOfDay } from '../joining/form-view.js';
import type { Preferences } from './preferences.js';
import { joinWording, trackingWording } from '../subscribers/wording.js';

type View = Omit<PageViews['preferences'], 'newsletter'>;

const option = (value: string, label: string, chosen: boolean): PageOption => ({ value, label, chosen });

/** "Your next issue: Tuesday at 07:00, Berlin time". */
function nextInWords({ next, time }: Preferences, now: Date, words: Translator): string | undefined {
  return next && slotInWords(next, { timezone: time.timezone, now, words });
}

function pausedInWords({ pausedUntil, time }: Preferences, { locale }: Translator): string | undefined {
  return pausedUntil === null ? undefined : dateInWords(pausedUntil, time.timezone, locale);
}

/** A sentence about what the button did; undefined if the page was only opened. */
function noticeOf(
  preferences: Preferences,
  did: PageOutcome | undefined,
  words: Translator,
): string | undefined {
  switch (did?.outcome) {
    case 'saved':
    case 'unchanged': {
      const said = words.t(did.outcome === 'saved' ? 'preferences.saved' : 'preferences.unchanged');
      const kept = labelsOf(did.kept ?? [], preferences, words);
      if (kept.length === 0) return said;
      const choices = new Intl.ListFormat(words.locale).format(kept);
      const told = words.t('preferences.kept', { choices });
      return did.outcome === 'saved' ? `${said} ${told}` : told;
    }
    case 'paused':
      return words.t('preferences.paused', { date: pausedInWords(preferences, words) });
    case 'resumed':
      return words.t('preferences.resumed');
    case 'rejoined':
      return words.t('preferences.rejoined');
    case 'joined-other':
      return did.name && words.t('preferences.joined', { newsletter: did.name });
    case 'left-other':
      return did.name && words.t('preferences.left', { newsletter: did.name });
    case 'address-asked':
      return (
        preferences.addressChange && words.t('address.asked', { email: preferences.addressChange.address })
      );
    case 'address-stays':
      return words.t('address.withdrawn');
    default:
      return undefined;
  }
}

function addressChangeFor({ addressChange }: Preferences): Pick<View, 'addressChange'> {
  if (addressChange === undefined) return {};
  const { address, oldAgreedAt, newAgreedAt } = addressChange;
  const who = oldAgreedAt === null ? (newAgreedAt === null ? 'both' : 'old') : 'new';
  return { addressChange: { address, who } };
}

function othersFor(
  { others }: Preferences,
  words: Translator,
  urlOf: (subscriptionId: string) => string,
): View['others'] {
  return others.map(({ newsletter: { name, slug, schedule, timezone }, subscriptionId }) => ({
    name,
    slug,
    when: scheduleInWords(schedule, timezone, words),
    wording: joinWording(name, words).text,
    ...(subscriptionId === undefined ? {} : { url: urlOf(subscriptionId) }),
  }));
}

const offeredTo = ({ newsletter: { schedule }, time }: Preferences): ('daily' | 'weekly')[] =>
  (['daily', 'weekly'] as const).filter(
    (one) => schedule.frequencies.includes(one) || time.frequency === one,
  );

function frequenciesFor(preferences: Preferences, words: Translator): View['frequencies'] {
  const { newsletter, time } = preferences;
  // Readers with another frequency keep the choice: without it they could not return to the newsletter's.
  if (newsletter.form.frequency === 'off' && time.frequency === newsletter.schedule.frequencies[0]) return [];
  const days = daysInWords(newsletter.schedule.weekdays, words);
  const frequencies = {
    daily: { label: words.t('preferences.daily'), hint: words.t('preferences.dailyHint', { days }) },
    weekly: { label: words.t('preferences.weekly'), hint: words.t('preferences.weeklyHint') },
    off: { label: words.t('preferences.off'), hint: words.t('preferences.offHint') },
  };
  return [...offeredTo(preferences), 'off' as const].map((value) => ({
    ...option(value, frequencies[value].label, value === time.frequency),
    hint: frequencies[value].hint,
  }));
}

/** The inputs for when the digest comes. */
function timeFor(
  preferences: Preferences,
  { now, words }: { now: Date; words: Translator },
): Pick<View, 'frequencies' | 'weekdays' | 'times' | 'zones' | 'clock'> {
  const { newsletter, time } = preferences;
  const weekday = time.weekday ?? newsletter.schedule.weeklyDay;
  const frequencies = frequenciesFor(preferences, words);
  if (newsletter.form.time === 'off') return { frequencies, weekdays: [], times: [], zones: [], clock: '' };
  return {
    frequencies,
    weekdays: offeredTo(preferences).includes('weekly')
      ? dayNames(words).map((name, index) => option(String(index + 1), name, index + 1 === weekday))
      : [],
    times: timesOfDay(time.sendTime).map((value) =>
      option(value, timeInWords(value, words), value === time.sendTime),
    ),
    zones: zoneGroups(time.timezone, words).map(({ region, zones }) => ({
      region,
      zones: zones.map(({ value, label }) => option(value, label, value === time.timezone)),
    })),
    clock: words.t('preferences.clock', {
      time: clockInWords(now, time.timezone, words),
      city: words.city(time.timezone),
    }),
  };
}

/** The newsletter's custom fields, with the reader's answers. */
function fieldsFor({ newsletter, customFields }: Preferences): View['fields'] {
  return customFieldInputs(newsletter.customFields, customFields).map((field) => ({
    ...field,
    // Required only if it was answered before: a new question stays optional for old readers.
    required: field.required && Object.hasOwn(customFields, field.name.slice(inputPrefix.length)),
  }));
}

function trackingFor(
  { newsletter, tracking: agreed }: Preferences,
  words: Translator,
): Pick<View, 'tracking'> {
  if (newsletter.tracking !== 'consent') return {};
  return { tracking: { wording: trackingWording(newsletter.name, words).text, agreed } };
}

/** `did`: the outcome of the button that this page answers. `urlOf`: the page of another subscription. */
export function preferencesView(
  preferences: Preferences,
  {
    now,
    did,
    urlOf,
    words,
  }: {
    now: Date;
    did?: PageOutcome | undefined;
    urlOf: (subscriptionId: string) => string;
    words: Translator;
  },
): View {
  const { newsletter, email, time, topics, language, status, plainText } = preferences;
  const notice = noticeOf(preferences, did, words);
  const next = nextInWords(preferences, now, words);
  const pausedUntil = pausedInWords(preferences, words);
  return {
    email,
    version: formVersion(preferences),
    ...(notice === undefined ? {} : { notice }),
    ...(did?.outcome === 'invalid' ? { problem: words.say(did.reason) } : {}),
    ...(next === undefined ? {} : { next }),
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
    stopped: status === 'suppressed',
    ...timeFor(preferences, { now, words }),
    topics:
      newsletter.form.topics === 'off'
        ? []
        : newsletter.topics.map((topic) => option(topic, topic, topics?.includes(topic) ?? true)),
    fields: fieldsFor(preferences),
    languages: newsletter.form.language === 'off' ? [] : languageOptions(newsletter, language, words),
    plainText,
    ...trackingFor(preferences, words),
    ...addressChangeFor(preferences),
    others: othersFor(preferences, words, urlOf),
    pause: { from: dateAt(now, time.timezone, 1), to: dateAt(now, time.timezone, 366) },
  };
}
