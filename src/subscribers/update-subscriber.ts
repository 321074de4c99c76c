// An admin changes a reader's data, or ends a subscription at the reader's request. Each change is recorded
// as consent.
import { isId } from '../ids.js';
import { inEnglish } from '../languages/translate.js';
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { parseName } from './address.js';
import { changeCustomValues, unknownField } from './custom-fields.js';
import { moveReadingTime } from './change-time.js';
import { getSubscriber } from './list-subscribers.js';
import { offerOf, readChoices, readingTime, type Choices } from './reading.js';
import type { SubscriberView, SubscriptionView } from './subscriber-view.js';
import { lockSubscriberById, updateNameAndLanguage } from './subscribers.js';
import { endSubscription, recordConsent, updatePreferences } from './subscriptions.js';

export interface UpdateSubscriberInput {
  id: string;
  via: 'api' | 'console';
  name?: string | null | undefined;
  language?: string | null | undefined;
  /** The newsletter whose preferences the fields below change. */
  newsletterId?: string | undefined;
  /** The only status that an admin may set. */
  status?: 'unsubscribed' | undefined;
  topics?: string[] | null | undefined;
  frequency?: 'daily' | 'weekly' | undefined;
  sendTime?: string | undefined;
  weekday?: number | undefined;
  timezone?: string | undefined;
  pausedUntil?: Date | null | undefined;
  plainText?: boolean | undefined;
  /** The custom fields to change; null removes an answer. */
  customFields?: Readonly<Record<string, unknown>> | undefined;
}

export type UpdateSubscriberResult =
  | { ok: true; subscriber: SubscriberView }
  /** `isStale` said so. Nothing is changed. */
  | { ok: false; code: 'changed-meanwhile'; detail: string }
  | {
      ok: false;
      code: 'not-found' | 'not-subscribed' | 'newsletter-missing' | `invalid-${string}`;
      detail: string;
    };

interface Deps {
  db: Db;
  now: () => Date;
}

const preferenceFields = [
  'status',
  'topics',
  'frequency',
  'sendTime',
  'weekday',
  'timezone',
  'pausedUntil',
  'plainText',
  'customFields',
] as const;

type Refusal = Extract<UpdateSubscriberResult, { ok: false }>;
const refused = (code: Refusal['code'], detail: string): Refusal => ({ ok: false, code, detail });

const noOffer = { frequencies: [], sendTime: '07:00', weeklyDay: 1, timezone: 'UTC', topics: [] };

/**
 * Changes the given fields. An error in one field changes nothing at all. `isStale` looks at the reader under the lock:
 * if true, nothing is changed.
 */
export async function updateSubscriber(
  { db, now }: Deps,
  input: UpdateSubscriberInput,
  isStale?: (current: SubscriberView) => boolean,
): Promise<UpdateSubscriberResult> {
  const named = parseName(input.name ?? '');
  if (!named.ok) return refused('invalid-name', inEnglish(named.reason));
  const language = readChoices({ language: input.language }, noOffer);
  if (!language.ok) return refused('invalid-language', inEnglish(language.reason));
  const ofSubscription = preferenceFields.some((field) => input[field] !== undefined);
  if (ofSubscription && input.newsletterId === undefined)
    return refused('newsletter-missing', 'Preferences belong to a newsletter: give its newsletterId.');
  return db.transaction(async (tx) => {
    const locked = isId(input.id) ? await lockSubscriberById(tx, input.id) : undefined;
    const before = locked && (await getSubscriber({ db: tx }, input.id));
    if (!before) return refused('not-found', 'There is no such subscriber.');
    if (isStale?.(before)) return refused('changed-meanwhile', 'The reader has changed meanwhile.');
    if (ofSubscription) {
      const subscription = before.subscriptions.find((one) => one.newsletterId === input.newsletterId);
      const newsletter = subscription && (await getNewsletter(tx, subscription.newsletterId));
      if (!newsletter)
        return refused('not-subscribed', 'The subscriber has no subscription to this newsletter.');
      const wrong = await changeSubscription(tx, { subscription, newsletter, input, at: now() });
      if (wrong) return wrong;
    }
    await changePerson(tx, {
      before,
      input,
      name: input.name === undefined ? undefined : (named.name ?? null),
      language: input.language === undefined ? undefined : (language.choices.language ?? null),
      at: now(),
    });
    return { ok: true, subscriber: (await getSubscriber({ db: tx }, input.id)) ?? before };
  });
}

/** The name and the language belong to the person, so every subscription's record gets them. */
async function changePerson(
  tx: Db,
  asked: {
    before: SubscriberView;
    input: UpdateSubscriberInput;
    name: string | null | undefined;
    language: string | null | undefined;
    at: Date;
  },
): Promise<void> {
  const { before, input, name, language, at } = asked;
  const detail = {
    ...(name === undefined || name === before.name ? {} : { name }),
    ...(language === undefined || language === before.language ? {} : { language }),
  };
  if (Object.keys(detail).length === 0) return;
  await updateNameAndLanguage(tx, before.id, detail);
  for (const { id: subscriptionId } of before.subscriptions)
    await recordConsent(tx, { subscriptionId, event: 'changed', at, via: input.via, detail });
}

interface Change {
  subscription: SubscriptionView;
  newsletter: Newsletter;
  input: UpdateSubscriberInput;
  at: Date;
}

async function changeSubscription(
  tx: Db,
  { subscription, newsletter, input, at }: Change,
): Promise<Refusal | undefined> {
  const { topics, frequency, sendTime, weekday, timezone, pausedUntil } = input;
  const offer = offerOf(newsletter);
  const read = readChoices({ topics, frequency, sendTime, weekday, timezone }, offer);
  if (!read.ok) return refused(`invalid-${read.field}`, inEnglish(read.reason));
  const chosen = readingTime(read.choices, offer);
  // Choices that are not given stay as they were.
  const time = chosen && readingTime({ ...chosenBefore(subscription), ...read.choices }, offer);
  const answers = input.customFields && readAnswers(subscription, newsletter, input.customFields);
  if (answers && !answers.ok) return refused('invalid-customFields', answers.reason);
  const changes = {
    topics: topics === undefined ? undefined : (read.choices.topics ?? null),
    pausedUntil,
    plainText: input.plainText,
    customFields: answers?.values,
  };
  const moved =
    time && (await moveReadingTime(tx, { subscriptionId: subscription.id, newsletter, time, at }));
  await updatePreferences(tx, subscription.id, { ...changes, ...moved });
  const record = { subscriptionId: subscription.id, at, via: input.via };
  if (time || Object.values(changes).some((value) => value !== undefined))
    await recordConsent(tx, { ...record, event: 'changed', detail: { ...changes, readingTime: time } });
  if (input.status === 'unsubscribed' && (await endSubscription(tx, subscription.id, at)))
    await recordConsent(tx, { ...record, event: 'unsubscribed' });
  return undefined;
}

function readAnswers(
  { customFields: before }: SubscriptionView,
  { customFields: fields }: Newsletter,
  given: Readonly<Record<string, unknown>>,
) {
  const unknown = unknownField(given, fields);
  if (unknown !== undefined)
    return { ok: false as const, reason: `The newsletter has no custom field ${unknown}.` };
  const read = changeCustomValues(before, given, { fields, required: false });
  return read.ok ? read : { ok: false as const, reason: inEnglish(read.reason) };
}

function chosenBefore({ frequency, sendTime, weekday, timezone }: SubscriptionView): Choices {
  return {
    ...(frequency === null ? {} : { frequency }),
    ...(sendTime === null ? {} : { sendTime }),
    ...(weekday === null ? {} : { weekday }),
    ...(timezone === null ? {} : { timezone }),
  };
}
