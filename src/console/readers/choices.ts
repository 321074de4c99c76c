// The choices of a reader at one newsletter, which a publisher changes at their request: how often, when, topics, form.
import type { Request } from 'express';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Frequency } from '../../newsletters/schedule.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { SubscriberView, SubscriptionView } from '../../subscribers/subscriber-view.js';
import type { UpdateSubscriberInput } from '../../subscribers/update-subscriber.js';
import { formField } from '../form-field.js';
import { fieldChangesInWords, madeFrom } from '../newsletter-form.js';
import type { Again } from '../saving/save-form.js';

export const frequencyLabels: Record<Frequency, MessageKey> = {
  daily: 'settings.daily',
  weekly: 'settings.weekly',
};

const fieldKeys = {
  frequency: 'readers.howOften',
  sendTime: 'readers.deliveryTime',
  topics: 'readers.topics',
  plainText: 'readers.format',
} as const satisfies Record<string, MessageKey>;
type ChoiceField = keyof typeof fieldKeys;

/** Topics: one on each line; none means all of them. */
type Typed = Readonly<Record<ChoiceField, string>>;

export interface ChoicesForm {
  typed: Typed;
  wrong: Partial<Record<ChoiceField, string>>;
  patch: Pick<UpdateSubscriberInput, ChoiceField>;
}

export type ChoicesAgain = Again<ChoicesForm, SubscriberView, ChoiceField>;

export function choicesTyped({ schedule }: Newsletter, subscription: SubscriptionView): Typed {
  const [first = 'daily'] = schedule.frequencies;
  return {
    frequency: subscription.frequency ?? first,
    sendTime: subscription.sendTime ?? schedule.sendTime,
    topics: (subscription.topics ?? []).join('\n'),
    plainText: subscription.plainText ? 'on' : '',
  };
}

const has = ({ topics }: Typed, topic: string): boolean =>
  topics === '' || topics.split('\n').includes(topic);

/** What the form shows. `again`: it comes back to the person who sent it. */
export function choicesForm(
  newsletter: Newsletter,
  subscription: SubscriptionView,
  { t }: Translator,
  again?: Pick<ChoicesAgain, 'form' | 'madeFrom'>,
): object {
  const saved = choicesTyped(newsletter, subscription);
  const typed = again?.form.typed ?? saved;
  const { frequencies } = newsletter.schedule;
  return {
    madeFrom: again?.madeFrom ?? madeFrom(saved),
    isAgain: again !== undefined,
    wrong: Object.values(again?.form.wrong ?? {}),
    frequencies:
      frequencies.length > 1 &&
      frequencies.map((value) => ({
        value,
        label: t(frequencyLabels[value]),
        chosen: value === typed.frequency,
      })),
    sendTime: typed.sendTime,
    zone: subscription.timezone ?? newsletter.timezone,
    topics: newsletter.topics.map((label, index) => ({
      name: `topic.${index}`,
      label,
      chosen: has(typed, label),
    })),
    plainText: typed.plainText === 'on',
  };
}

/**
 * What the form changes. A choice that stays is not given, so that a reader without a time of their own keeps the
 * newsletter's.
 */
export function readChoicesForm(
  req: Request,
  newsletter: Newsletter,
  subscription: SubscriptionView,
): ChoicesForm {
  const saved = choicesTyped(newsletter, subscription);
  // A reader may have chosen topics that the newsletter no longer has. They stay while nobody changes the others.
  const shown = newsletter.topics.filter((topic) => has(saved, topic));
  const chosen = newsletter.topics.filter((_, index) => formField(req, `topic.${index}`) !== '');
  const isAll = chosen.length === 0 || chosen.length === newsletter.topics.length;
  const typed = {
    frequency: formField(req, 'frequency') || saved.frequency,
    sendTime: formField(req, 'sendTime') || saved.sendTime,
    topics: isAll ? '' : chosen.join('\n'),
    plainText: formField(req, 'plainText') === '' ? '' : 'on',
  };
  const changed = (field: ChoiceField): string | undefined =>
    typed[field] === saved[field] ? undefined : typed[field];
  const plainText = changed('plainText');
  return {
    typed,
    wrong: {},
    patch: {
      frequency: changed('frequency') as Frequency | undefined,
      sendTime: changed('sendTime'),
      topics: chosen.join('\n') === shown.join('\n') ? undefined : isAll ? null : chosen,
      plainText: plainText === undefined ? undefined : plainText === 'on',
    },
  };
}

/** The form with its problem. `code`: as updateSubscriber names it. */
export const withChoicesProblem = (form: ChoicesForm, code: string, { t }: Translator): ChoicesForm => ({
  ...form,
  wrong:
    code === 'invalid-sendTime'
      ? { sendTime: t('settings.timeWrong') }
      : { frequency: t('form.wrongChoice') },
});

export const choicesChanges = (changed: ChoicesAgain['changed'], words: Translator): string[] => {
  const { t } = words;
  const names = Object.fromEntries(
    Object.entries(fieldKeys).map(([field, key]) => [field, t(key)]),
  ) as Record<ChoiceField, string>;
  const inWords = (field: ChoiceField, value: string): string => {
    if (field === 'frequency')
      return value === 'daily' || value === 'weekly' ? t(frequencyLabels[value]) : value;
    if (field === 'topics') return value === '' ? t('readers.all') : value.replaceAll('\n', ', ');
    if (field === 'plainText') return value === 'on' ? t('readers.plainText') : 'HTML';
    return value;
  };
  return fieldChangesInWords(changed, { names, inWords }, words);
};
