// The Save button of the preferences page: time, frequency, topics, form of the mail, custom fields. Fields
// that the form does not have stay as they were, so another button can change one thing alone.
import type { Db } from '../db.js';
import { languages, type Language } from '../languages/language.js';
import type { Message } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import {
  changeCustomValues,
  givenCustomFields,
  sameValues,
  type CustomValues,
} from '../subscribers/custom-fields.js';
import { moveReadingTime } from '../subscribers/change-time.js';
import { keepNewerChoices } from './form-version.js';
import type { Preferences } from './preferences.js';
import {
  offerOf,
  readChoices,
  readingTime,
  sameTime,
  type Choices,
  type ChosenReadingTime,
} from '../subscribers/reading.js';
import { trackingWording } from '../subscribers/wording.js';
import { updateNameAndLanguage } from '../subscribers/subscribers.js';
import { type Consent, updatePreferences } from '../subscribers/subscriptions.js';

/** A change in progress; the subscription's row is locked. */
export interface Change {
  tx: Db;
  before: Preferences;
  /** The form's fields. */
  fields: Readonly<Record<string, unknown>>;
  at: Date;
  /** The texts of the page, in the language in which the reader saw it. */
  words: Translator;
  record(consent: Pick<Consent, 'event' | 'wording' | 'language' | 'detail'>): Promise<void>;
}

export type Saved =
  /** `kept`: the inputs whose newer choices, made in another tab, stay (form-version.ts). */
  { outcome: 'saved' | 'unchanged'; kept?: readonly string[] } | { outcome: 'invalid'; reason: Message };

/** The values to write; an absent one stays. The consent record quotes them. */
interface Changed {
  readingTime?: ChosenReadingTime;
  topics?: string[] | null;
  language?: string | null;
  plainText?: boolean;
  tracking?: boolean;
  customFields?: CustomValues;
}

export async function savePreferences(change: Change): Promise<Saved> {
  const { fields, kept } = keepNewerChoices(change.before, change.fields);
  const read = readForm({ ...change, fields });
  if ('reason' in read) return { outcome: 'invalid', reason: read.reason };
  const { changed } = read;
  if (Object.keys(changed).length === 0) return { outcome: 'unchanged', kept };
  await write(change, changed);
  return { outcome: 'saved', kept };
}

/** The message for the first input that holds none of its options; undefined if there is no such input. */
function notAnOption({ before, fields }: Change): Message | undefined {
  const { language, plainText, tracking } = fields;
  if (isGiven(language) && ![...languages, before.language].includes(language as Language))
    return { key: 'errors.languageChoice' };
  return [plainText, tracking].every(isTick) ? undefined : { key: 'errors.tick' };
}

function readForm(change: Change): { changed: Changed } | { reason: Message } {
  const { before, fields } = change;
  const { newsletter } = before;
  const offer = offerOf(newsletter);
  const wrong = notAnOption(change);
  if (wrong) return { reason: wrong };
  const { frequency, sendTime, weekday, timezone, language } = fields;
  const offered = offer.topics.length > 0 ? fields['topics'] : undefined;
  const read = readChoices(
    { frequency, sendTime, weekday, timezone, language, topics: offered },
    // A reader may keep a frequency that is no longer offered.
    { ...offer, frequencies: [...new Set([...offer.frequencies, before.time.frequency])] },
  );
  if (!read.ok) return { reason: read.reason };
  const { topics: ticked, language: spoken, ...choices } = read.choices;
  if (ticked === null) return { reason: { key: 'errors.topicsNone' } };
  const time = readingTime(choices, offer) && readingTime({ ...given(before), ...choices }, offer);
  // All ticked means all topics, including those added later.
  const topics = ticked && offer.topics.every((topic) => ticked.includes(topic)) ? null : ticked;
  const plainText = tick(fields['plainText']);
  const tracking = newsletter.tracking === 'consent' ? tick(fields['tracking']) : undefined;
  const answers = changeCustomValues(before.customFields, givenCustomFields(fields), {
    fields: newsletter.customFields,
    required: true,
  });
  if (!answers.ok) return { reason: answers.reason };
  // An empty choice means the newsletter's language.
  const wants = language === undefined ? before.language : (spoken ?? null);
  return {
    changed: {
      ...(time === undefined || sameTime(time, before.time) ? {} : { readingTime: time }),
      ...(topics === undefined || sameTopics(topics, before.topics) ? {} : { topics }),
      ...(wants === before.language ? {} : { language: wants }),
      ...(plainText === undefined || plainText === before.plainText ? {} : { plainText }),
      ...(tracking === undefined || tracking === before.tracking ? {} : { tracking }),
      ...(sameValues(answers.values, before.customFields) ? {} : { customFields: answers.values }),
    },
  };
}

async function write({ tx, before, at, words, record }: Change, changed: Changed): Promise<void> {
  const { newsletter, subscriptionId } = before;
  const { readingTime: time, topics, language, plainText, tracking, customFields } = changed;
  const moved = time && (await moveReadingTime(tx, { subscriptionId, newsletter, time, at }));
  const trackingAgreedAt = tracking === undefined ? undefined : tracking ? at : null;
  await updatePreferences(tx, subscriptionId, {
    topics,
    plainText,
    trackingAgreedAt,
    customFields,
    ...moved,
  });
  if (language !== undefined) await updateNameAndLanguage(tx, before.subscriberId, { language });
  if (!tracking) return record({ event: 'changed', detail: changed });
  const { text, version, language: shownIn } = trackingWording(newsletter.name, words);
  const detail = { ...changed, wordingVersion: version };
  return record({ event: 'changed', wording: text, language: shownIn, detail });
}

const given = ({ time: { weekday, ...time } }: Preferences): Choices => ({
  ...time,
  ...(weekday === null ? {} : { weekday }),
});

const sameTopics = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((topic) => b.includes(topic));

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** Whether the value is one that a checkbox of the form can have. */
const isTick = (value: unknown): boolean =>
  !isGiven(value) ||
  typeof value === 'boolean' ||
  (Array.isArray(value) ? value : [value]).every((one) => one === 'yes' || one === 'no');

/**
 * A checkbox as forms send it: "no" always, and "yes" as well if it is ticked. Undefined: the form has no
 * such box.
 */
function tick(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  return (Array.isArray(value) ? value : [value]).includes('yes');
}
