// The preferences page, filled. Pure.
import type { Translator } from '../languages/translate.js';
import { dateAt } from '../newsletters/due.js';
import { dayNames, daysInWords, scheduleInWords, slotInWords } from '../newsletters/schedule-words.js';
import { cityOf, zoneGroups } from '../newsletters/zones.js';
import type { PageOption, PageViews } from '../page-views.js';
import { dateInWords } from '../words.js';
import type { Outcome } from './change-preferences.js';
import { inputPrefix } from './custom-fields.js';
import { customFieldInputs } from './form-view.js';
import type { Preferences } from './preferences.js';
import { joinWording, trackingWording } from './wording.js';

type View = Omit<PageViews['preferences'], 'newsletter'>;

const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);

const option = (value: string, label: string, chosen: boolean): PageOption => ({ value, label, chosen });

/** "Your next digest: Tuesday 07:00, Berlin time". */
function nextInWords({ next, time }: Preferences, now: Date): string | undefined {
  return next && slotInWords(next, time.timezone, now);
}

function pausedInWords({ pausedUntil, time }: Preferences): string | undefined {
  return pausedUntil === null ? undefined : dateInWords(pausedUntil, time.timezone);
}

/** What a button did, in a sentence; nothing to say of a page that was only opened. */
function noticeOf(preferences: Preferences, did: Outcome | undefined, words: Translator): string | undefined {
  switch (did?.outcome) {
    case 'saved':
      return 'Saved.';
    case 'unchanged':
      return 'That is how it was already.';
    case 'paused':
      return `Enjoy the quiet: nothing comes before ${pausedInWords(preferences) ?? 'then'}.`;
    case 'resumed':
      return 'The pause is over.';
    case 'rejoined':
      return 'Good to have you back. Everything is as it was.';
    case 'joined-other':
      return `You have joined ${did.name}.`;
    case 'left-other':
      return `You have left ${did.name}. Nothing more of it is sent.`;
    case 'address-asked':
      return words.t('address.asked', { email: did.address });
    case 'address-stays':
      return words.t('address.withdrawn');
    default:
      return undefined;
  }
}

// The languages of the words around the posts, each under its own name.
const spoken = ['en', 'de', 'fr', 'es', 'he', 'ar'];

function nameOf(language: string, words: string): string {
  const name =
    new Intl.DisplayNames([words], { type: 'language', fallback: 'code' }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(words) + name.slice(1);
}

function languagesFor({ language, newsletter }: Preferences): PageOption[] {
  const known = language === null || spoken.includes(language) ? spoken : [...spoken, language];
  const own = `As the newsletter: ${nameOf(newsletter.language, newsletter.language)}`;
  return [
    option('', own, language === null),
    ...known.map((tag) => option(tag, nameOf(tag, tag), tag === language)),
  ];
}

function addressChangeFor({ addressChange }: Preferences): Pick<View, 'addressChange'> {
  if (addressChange === undefined) return {};
  const { address, oldAgreedAt, newAgreedAt } = addressChange;
  const who = oldAgreedAt === null ? (newAgreedAt === null ? 'both' : 'old') : 'new';
  return { addressChange: { address, who } };
}

function othersFor({ others }: Preferences, urlOf: (subscriptionId: string) => string): View['others'] {
  return others.map(({ newsletter: { name, slug, schedule, timezone }, subscriptionId }) => ({
    name,
    slug,
    when: scheduleInWords(schedule, timezone),
    wording: joinWording(name).text,
    ...(subscriptionId === undefined ? {} : { url: urlOf(subscriptionId) }),
  }));
}

/** `did`: what the button did that the page is the answer to. `urlOf`: the page of another subscription. */
export function preferencesView(
  preferences: Preferences,
  {
    now,
    did,
    urlOf,
    words,
  }: {
    now: Date;
    did?: Outcome | undefined;
    urlOf: (subscriptionId: string) => string;
    words: Translator;
  },
): View {
  const { newsletter, email, time, topics, status } = preferences;
  const { schedule } = newsletter;
  const frequencies = {
    daily: { label: 'Daily', hint: `${daysInWords(schedule.weekdays)}, if there is something new` },
    weekly: { label: 'Weekly', hint: 'One digest of the week’s posts' },
    off: { label: 'Off', hint: 'Leave. For a week you can undo it here' },
  };
  const offered = (['daily', 'weekly'] as const).filter(
    (one) => schedule.frequencies.includes(one) || time.frequency === one,
  );
  const notice = noticeOf(preferences, did, words);
  const next = nextInWords(preferences, now);
  const pausedUntil = pausedInWords(preferences);
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: time.timezone,
    hour: '2-digit',
    minute: '2-digit',
  });
  return {
    email,
    ...(notice === undefined ? {} : { notice }),
    ...(did?.outcome === 'invalid' ? { problem: words.say(did.reason) } : {}),
    ...(next === undefined ? {} : { next }),
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
    stopped: status === 'suppressed',
    frequencies: [...offered, 'off' as const].map((value) => ({
      ...option(value, frequencies[value].label, value === time.frequency),
      hint: frequencies[value].hint,
    })),
    weekdays: offered.includes('weekly')
      ? dayNames.map((name, index) =>
          option(String(index + 1), name, index + 1 === (time.weekday ?? schedule.weeklyDay)),
        )
      : [],
    times: [...new Set([...hours, time.sendTime])]
      .toSorted()
      .map((value) => option(value, value, value === time.sendTime)),
    zones: zoneGroups(time.timezone).map(({ region, zones }) => ({
      region,
      zones: zones.map(({ value, label }) => option(value, label, value === time.timezone)),
    })),
    clock: `It is ${clock.format(now)} in ${cityOf(time.timezone)} now.`,
    guess: !preferences.chosen,
    topics: newsletter.topics.map((topic) => option(topic, topic, topics?.includes(topic) ?? true)),
    fields: customFieldInputs(newsletter.customFields, preferences.customFields).map((field) => ({
      ...field,
      // Whoever was never asked need not answer now.
      required:
        field.required && Object.hasOwn(preferences.customFields, field.name.slice(inputPrefix.length)),
    })),
    languages: languagesFor(preferences),
    plainText: preferences.plainText,
    ...(newsletter.tracking === 'consent'
      ? { tracking: { wording: trackingWording(newsletter.name).text, agreed: preferences.tracking } }
      : {}),
    ...addressChangeFor(preferences),
    others: othersFor(preferences, urlOf),
    pause: { from: dateAt(now, time.timezone, 1), to: dateAt(now, time.timezone, 366) },
  };
}
