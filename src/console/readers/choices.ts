// The choices of a reader at one newsletter, which a publisher changes at their request: how often, when, topics, form.
import type { Request } from 'express';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Frequency } from '../../newsletters/schedule.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { UpdateSubscriberInput } from '../../subscribers/update-subscriber.js';
import type { SubscriptionView } from '../../subscribers/subscriber-view.js';
import { formField } from '../form-field.js';

export const frequencyLabels: Record<Frequency, MessageKey> = {
  daily: 'settings.daily',
  weekly: 'settings.weekly',
};

interface Current {
  frequency: Frequency;
  sendTime: string;
  /** null: all. */
  topics: string[] | null;
  plainText: boolean;
}

function currentOf({ schedule }: Newsletter, subscription: SubscriptionView): Current {
  const [first = 'daily'] = schedule.frequencies;
  return {
    frequency: subscription.frequency ?? first,
    sendTime: subscription.sendTime ?? schedule.sendTime,
    topics: subscription.topics,
    plainText: subscription.plainText,
  };
}

const has = ({ topics }: Current, topic: string): boolean => topics === null || topics.includes(topic);

/** What the form shows. `madeFrom` tells later whether somebody has changed the choices meanwhile. */
export function choicesForm(
  newsletter: Newsletter,
  subscription: SubscriptionView,
  { t }: Translator,
): object {
  const current = currentOf(newsletter, subscription);
  const { frequencies } = newsletter.schedule;
  return {
    madeFrom: JSON.stringify(current),
    frequencies:
      frequencies.length > 1 &&
      frequencies.map((value) => ({
        value,
        label: t(frequencyLabels[value]),
        chosen: value === current.frequency,
      })),
    sendTime: current.sendTime,
    zone: subscription.timezone ?? newsletter.timezone,
    topics: newsletter.topics.map((label, index) => ({
      name: `topic.${index}`,
      label,
      chosen: has(current, label),
    })),
    plainText: current.plainText,
  };
}

/**
 * What the form changes: a choice that stays is not given, so that a reader without a time of their own keeps the newsletter's.
 * Undefined: somebody has changed the choices meanwhile.
 */
export function readChoicesForm(
  req: Request,
  newsletter: Newsletter,
  subscription: SubscriptionView,
): Pick<UpdateSubscriberInput, 'frequency' | 'sendTime' | 'topics' | 'plainText'> | undefined {
  const current = currentOf(newsletter, subscription);
  if (formField(req, 'madeFrom') !== JSON.stringify(current)) return undefined;
  const changed = <T>(value: T, was: T): T | undefined =>
    JSON.stringify(value) === JSON.stringify(was) ? undefined : value;
  // A reader may have chosen topics that the newsletter no longer has. They stay while nobody changes the others.
  const shown = newsletter.topics.filter((topic) => has(current, topic));
  const chosen = newsletter.topics.filter((_, index) => formField(req, `topic.${index}`) !== '');
  const isAll = chosen.length === 0 || chosen.length === newsletter.topics.length;
  return {
    frequency: changed((formField(req, 'frequency') || current.frequency) as Frequency, current.frequency),
    sendTime: changed(formField(req, 'sendTime') || current.sendTime, current.sendTime),
    topics: changed(chosen, shown) && (isAll ? null : chosen),
    plainText: changed(formField(req, 'plainText') !== '', current.plainText),
  };
}
