// A reader changes what they get, by a button of the preferences page. Each change is in the consent record.
//
// save    when, how often and which topics; or "off", which is leaving: a reader who wants no mail has withdrawn their
//         consent, and counts and is treated as one who left. What they chose stays, should they undo it.
// pause   nothing until a date, and what came meanwhile with the first digest after it
// resume  ends a pause
// rejoin  undoes a leaving, for a week, without confirming anew
import type { Db } from '../db.js';
import { dateAt, startOfDate } from '../newsletters/due.js';
import { moveReadingTime } from './change-time.js';
import { undoMs } from './limits.js';
import {
  preferencesOf,
  subscriptionOf,
  type FoundPreferences,
  type Preferences,
  type PreferencesDeps,
} from './preferences.js';
import { offerOf, readChoices, readingTime, sameTime } from './reading.js';
import * as store from './store.js';
import { changePreferences as changeRow } from './store-admin.js';
import { rejoin } from './store-preferences.js';
import { rejoinWording } from './wording.js';

export type PreferencesAction = 'save' | 'pause' | 'resume' | 'rejoin';

export interface ChangePreferencesInput {
  token: string;
  action: PreferencesAction;
  /** The form's: frequency (daily, weekly, off), sendTime, weekday, timezone, topics; until (2026-12-03). */
  fields: Readonly<Record<string, unknown>>;
  ip?: string | undefined;
  userAgent?: string | undefined;
}

/** What came of it. `invalid` and `not-subscribed` changed nothing; `reason` is a sentence for the reader. */
export type Outcome =
  | { outcome: 'saved' | 'unchanged' | 'paused' | 'resumed' | 'left' | 'rejoined' | 'not-subscribed' }
  | { outcome: 'invalid'; reason: string };

export type ChangedPreferences =
  | Extract<FoundPreferences, { state: 'unknown' | 'erased' }>
  | ({ state: 'found'; preferences: Preferences } & Outcome);

/** A change under way: the subscription's row is locked. */
interface Change {
  tx: Db;
  before: Preferences;
  input: ChangePreferencesInput;
  at: Date;
  record(consent: Pick<store.Consent, 'event' | 'wording' | 'language' | 'detail'>): Promise<void>;
}

const maxPauseDays = 366;

export async function changePreferences(
  { db, secrets, now }: PreferencesDeps,
  input: ChangePreferencesInput,
): Promise<ChangedPreferences> {
  const subscriptionId = subscriptionOf(secrets, input.token);
  if (subscriptionId === undefined) return { state: 'unknown' };
  return db.transaction(async (tx) => {
    const at = now();
    const before = await preferencesOf(tx, await store.lockSubscription(tx, subscriptionId), at);
    if (!before) return { state: 'erased' };
    const { ip, userAgent } = input;
    const record: Change['record'] = (consent) =>
      store.recordConsent(tx, { subscriptionId, at, via: 'page', ip, userAgent, ...consent });
    const outcome = await act({ tx, before, input, at, record });
    const after = await preferencesOf(tx, await store.subscriptionById(tx, subscriptionId), at);
    return { state: 'found', preferences: after ?? before, ...outcome };
  });
}

async function act(change: Change): Promise<Outcome> {
  const { before, input } = change;
  if (input.action === 'rejoin') return before.status === 'active' ? { outcome: 'unchanged' } : undo(change);
  if (before.status !== 'active' && before.status !== 'suppressed') return { outcome: 'not-subscribed' };
  switch (input.action) {
    case 'save':
      return input.fields['frequency'] === 'off' ? leave(change) : save(change);
    case 'pause':
      return pause(change);
    case 'resume':
      return resume(change);
  }
}

async function save({ tx, before, input: { fields }, at, record }: Change): Promise<Outcome> {
  const { newsletter, subscriptionId } = before;
  const offer = offerOf(newsletter);
  // A frequency that is offered no longer stays with those who have it.
  const frequencies = [...offer.frequencies, before.time.frequency];
  const { frequency, sendTime, weekday, timezone } = fields;
  const offered = offer.topics.length > 0 ? fields['topics'] : undefined;
  const read = readChoices(
    { frequency, sendTime, weekday, timezone, topics: offered },
    { ...offer, frequencies },
  );
  if (!read.ok) return { outcome: 'invalid', reason: read.reason };
  const { topics: ticked, ...choices } = read.choices;
  if (ticked === null)
    return {
      outcome: 'invalid',
      reason: 'Choose one topic at least. If you want no digest at all, choose Off.',
    };
  const time = readingTime(choices, offer) && readingTime({ ...given(before), ...choices }, offer);
  // Whoever ticks all of them wants those that are added later, too.
  const topics = ticked && offer.topics.every((topic) => ticked.includes(topic)) ? null : ticked;
  const changed = {
    ...(time === undefined || sameTime(time, before.time) ? {} : { readingTime: time }),
    ...(topics === undefined || sameTopics(topics, before.topics) ? {} : { topics }),
  };
  if (Object.keys(changed).length === 0) return { outcome: 'unchanged' };
  const moved =
    changed.readingTime &&
    (await moveReadingTime(tx, { subscriptionId, newsletter, time: changed.readingTime, at }));
  await changeRow(tx, subscriptionId, { topics: changed.topics, ...moved });
  await record({ event: 'changed', detail: changed });
  return { outcome: 'saved' };
}

const given = ({ time: { weekday, ...time } }: Preferences) => ({
  ...time,
  ...(weekday === null ? {} : { weekday }),
});

const sameTopics = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((topic) => b.includes(topic));

async function leave({ tx, before, at, record }: Change): Promise<Outcome> {
  await store.leave(tx, before.subscriptionId, at);
  await record({ event: 'unsubscribed' });
  return { outcome: 'left' };
}

async function pause({ tx, before, input, at, record }: Change): Promise<Outcome> {
  const { timezone } = before.time;
  const { until } = input.fields;
  const pausedUntil = typeof until === 'string' ? startOfDate(until, timezone) : undefined;
  const latest = startOfDate(dateAt(at, timezone, maxPauseDays), timezone);
  if (!pausedUntil || !latest || pausedUntil <= at || pausedUntil > latest)
    return { outcome: 'invalid', reason: 'A pause ends on a day after today, within a year.' };
  await changeRow(tx, before.subscriptionId, { pausedUntil });
  await record({ event: 'changed', detail: { pausedUntil } });
  return { outcome: 'paused' };
}

async function resume({ tx, before, record }: Change): Promise<Outcome> {
  if (before.pausedUntil === null) return { outcome: 'unchanged' };
  await changeRow(tx, before.subscriptionId, { pausedUntil: null });
  await record({ event: 'changed', detail: { pausedUntil: null } });
  return { outcome: 'resumed' };
}

async function undo({ tx, before, at, record }: Change): Promise<Outcome> {
  const { subscriptionId, newsletter } = before;
  if (!(await rejoin(tx, subscriptionId, new Date(at.getTime() - undoMs))))
    return { outcome: 'not-subscribed' };
  const { text, version } = rejoinWording(newsletter.name);
  const detail = { undone: 'unsubscribed', wordingVersion: version };
  await record({ event: 'confirmed', wording: text, language: newsletter.language, detail });
  return { outcome: 'rejoined' };
}
