// The form of a webhook: its address, its events, and the newsletter that they are about.
import type { Request } from 'express';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { webhookEvents, type WebhookEvent } from '../../webhooks/events.js';
import type { Webhook, WebhookRefusal } from '../../webhooks/manage-webhooks.js';
import { formField } from '../form-field.js';
import { fieldChangesInWords } from '../newsletter-form.js';
import type { Again } from '../saving/save-form.js';

export const eventNames: Readonly<Record<WebhookEvent, MessageKey>> = {
  'subscriber.confirmed': 'webhooks.confirmed',
  'subscriber.unsubscribed': 'webhooks.unsubscribed',
  'subscriber.updated': 'webhooks.updated',
  'subscriber.erased': 'webhooks.erased',
  'delivery.bounced': 'webhooks.bounced',
  'delivery.complained': 'webhooks.complained',
  'issue.review': 'webhooks.review',
  'issue.finished': 'webhooks.finished',
  'issue.paused': 'webhooks.paused',
  'feed.failing': 'webhooks.feedFailing',
  'import.finished': 'webhooks.imported',
};

const refusals: Readonly<Record<WebhookRefusal['code'], MessageKey>> = {
  'invalid-url': 'webhooks.wrongAddress',
  'unknown-newsletter': 'webhooks.wrongNewsletter',
  'no-events': 'webhooks.noEvents',
};

const fieldKeys = {
  url: 'webhooks.address',
  newsletter: 'webhooks.newsletter',
  events: 'webhooks.events',
} as const satisfies Record<string, MessageKey>;
type WebhookField = keyof typeof fieldKeys;

export interface WebhookForm {
  patch: { url: string; events: readonly WebhookEvent[]; newsletterId: string | null };
  wrong?: string;
}

export type WebhookAgain = Again<WebhookForm, Webhook, WebhookField>;

export const readWebhookForm = (req: Request): WebhookForm => ({
  patch: {
    url: formField(req, 'url'),
    events: webhookEvents.filter((event) => formField(req, `event-${event}`) !== ''),
    newsletterId: formField(req, 'newsletter') || null,
  },
});

export const withWebhookProblem = (
  form: WebhookForm,
  code: WebhookRefusal['code'],
  { t }: Translator,
): WebhookForm => ({ ...form, wrong: t(refusals[code]) });

export const webhookTyped = ({ url, events, newsletterId }: WebhookForm['patch']) => ({
  url,
  newsletter: newsletterId ?? '',
  events: events.join('\n'),
});

type Names = ReadonlyMap<string, string>;

/** The view of templates/console/webhook-fields.hbs. */
export const webhookFields = (form: WebhookForm | undefined, names: Names, { t }: Translator) => ({
  url: form?.patch.url,
  wrong: form?.wrong,
  events: webhookEvents.map((event) => ({
    event,
    label: t(eventNames[event]),
    chosen: form?.patch.events.includes(event) ?? false,
  })),
  newsletters: [...names].map(([id, name]) => ({ id, name, chosen: id === form?.patch.newsletterId })),
});

export function webhookChanges(changed: WebhookAgain['changed'], names: Names, words: Translator): string[] {
  const { t } = words;
  const inWords = (field: WebhookField, value: string): string => {
    if (field === 'newsletter') return value === '' ? t('webhooks.every') : (names.get(value) ?? value);
    if (field === 'url') return value;
    return webhookEvents
      .filter((event) => value.split('\n').includes(event))
      .map((event) => t(eventNames[event]))
      .join(', ');
  };
  const labels = {
    url: t(fieldKeys.url),
    newsletter: t(fieldKeys.newsletter),
    events: t(fieldKeys.events),
  };
  return fieldChangesInWords(changed, { names: labels, inWords }, words);
}
