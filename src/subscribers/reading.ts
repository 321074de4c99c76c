// A reader's choices: time, frequency, language, topics. Pure.

import { canonicalTag, isKnownLanguage } from '../languages/language.js';
import type { Arguments, Message, MessageKey } from '../languages/messages.js';
import type { Frequency } from '../newsletters/schedule.js';
import type { Newsletter } from '../newsletters/schema.js';

/** The choices that the newsletter has, and its defaults. */
export interface Offer {
  frequencies: readonly Frequency[];
  sendTime: string;
  weeklyDay: number;
  timezone: string;
  /** Empty: any topic is allowed. */
  topics: readonly string[];
}

export const offerOf = ({ schedule, timezone, topics }: Newsletter): Offer => ({
  frequencies: schedule.frequencies,
  sendTime: schedule.sendTime,
  weeklyDay: schedule.weeklyDay,
  timezone,
  topics,
});

/** A row of reading_times. `weekday` is ISO (Monday 1), for weekly readers only. */
export interface ChosenReadingTime {
  frequency: Frequency;
  sendTime: string;
  weekday: number | null;
  timezone: string;
}

/** Only the values that the reader chose. */
export interface Choices {
  frequency?: Frequency;
  sendTime?: string;
  weekday?: number;
  timezone?: string;
  language?: string;
  /** Null: all. */
  topics?: string[] | null;
}

export type ReadChoices =
  | { ok: true; choices: Choices }
  /** `field` names the invalid one. */
  | { ok: false; field: string; reason: Message };

const maxTopics = 50;
const maxTopicLength = 100;

function isTimezone(text: string): boolean {
  // Only names: Intl accepts offsets such as +02:00, but they have no summer time.
  if (!/^[A-Za-z][\w+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readTopics(value: unknown, offer: Offer): string[] | null | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > maxTopics) return undefined;
  const topics = new Set<string>();
  for (const item of list) {
    if (typeof item !== 'string') return undefined;
    const topic = item.trim().normalize('NFC');
    if (topic === '') continue;
    if (topic.length > maxTopicLength || /\p{Cc}|\p{Cs}/u.test(topic)) return undefined;
    const offered = offer.topics.find((known) => known.toLowerCase() === topic.toLowerCase());
    if (offered === undefined && offer.topics.length > 0) return undefined;
    topics.add(offered ?? topic);
  }
  return topics.size === 0 ? null : [...topics];
}

/** The message for a frequency that the newsletter does not have. */
function notOffered({ frequencies: [only, ...others] }: Offer): MessageKey {
  if (others.length > 0) return 'errors.frequency';
  return only === 'weekly' ? 'errors.frequencyWeekly' : 'errors.frequencyDaily';
}

const absent = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Reads frequency, sendTime, weekday, timezone, language and topics from a form or JSON body. */
export function readChoices(body: Readonly<Record<string, unknown>>, offer: Offer): ReadChoices {
  const choices: Choices = {};
  const { frequency, sendTime, weekday, timezone, language, topics } = body;
  const wrong = (field: string, key: MessageKey, args: Arguments = {}): ReadChoices => ({
    ok: false,
    field,
    reason: { key, args },
  });
  if (!absent(frequency)) {
    const found = offer.frequencies.find((offered) => offered === frequency);
    if (found === undefined) return wrong('frequency', notOffered(offer));
    choices.frequency = found;
  }
  if (!absent(sendTime)) {
    if (typeof sendTime !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(sendTime))
      return wrong('sendTime', 'errors.sendTime');
    choices.sendTime = sendTime;
  }
  if (!absent(weekday)) {
    const isDay = typeof weekday === 'number' || typeof weekday === 'string';
    if (!isDay || !/^[1-7]$/.test(String(weekday))) return wrong('weekday', 'errors.weekday');
    choices.weekday = Number(weekday);
  }
  if (!absent(timezone)) {
    if (typeof timezone !== 'string' || !isTimezone(timezone)) return wrong('timezone', 'errors.timezone');
    choices.timezone = timezone;
  }
  if (!absent(language)) {
    const tag = typeof language === 'string' ? canonicalTag(language) : undefined;
    if (tag === undefined || !isKnownLanguage(tag)) return wrong('language', 'errors.language');
    choices.language = tag;
  }
  if (topics !== undefined && topics !== null) {
    const read = readTopics(topics, offer);
    if (read === undefined) return wrong('topics', 'errors.topic');
    choices.topics = read;
  }
  return { ok: true, choices };
}

/** The time of readers who choose nothing. */
export const ownTimeOf = (offer: Offer): ChosenReadingTime => timeOf({}, offer);

export const sameTime = (a: ChosenReadingTime, b: ChosenReadingTime): boolean =>
  a.frequency === b.frequency &&
  a.sendTime === b.sendTime &&
  a.weekday === b.weekday &&
  a.timezone === b.timezone;

/** The reading time for these choices; undefined if the reader leaves it to the newsletter. */
export function readingTime(choices: Choices, offer: Offer): ChosenReadingTime | undefined {
  const { frequency, sendTime, weekday, timezone } = choices;
  const untouched = [frequency, sendTime, weekday, timezone].every((choice) => choice === undefined);
  return untouched ? undefined : timeOf(choices, offer);
}

function timeOf({ frequency, sendTime, weekday, timezone }: Choices, offer: Offer): ChosenReadingTime {
  const chosen = frequency ?? offer.frequencies[0] ?? 'daily';
  return {
    frequency: chosen,
    sendTime: sendTime ?? offer.sendTime,
    weekday: chosen === 'weekly' ? (weekday ?? offer.weeklyDay) : null,
    timezone: timezone ?? offer.timezone,
  };
}
