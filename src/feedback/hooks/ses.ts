// Amazon SES through SNS (docs.aws.amazon.com: "Amazon SNS notification contents for Amazon SES", and event publishing,
// which names the type eventType). One notification may be about several recipients.
//
// SES replaces our Message-ID; its own id is that of the 250 reply. `source` is our envelope sender, with the token.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, listAt, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { urlAt, verifySns } from './sns.js';

/** What each type of event holds, and where its recipients are. */
const kinds: Record<string, { type: HookEventType; about: string; recipients: string }> = {
  Bounce: { type: 'bounce', about: 'bounce', recipients: 'bouncedRecipients' },
  Complaint: { type: 'complaint', about: 'complaint', recipients: 'complainedRecipients' },
  Delivery: { type: 'delivered', about: 'delivery', recipients: 'recipients' },
  DeliveryDelay: { type: 'delay', about: 'deliveryDelay', recipients: 'delayedRecipients' },
  Subscription: { type: 'unsubscribe', about: 'subscription', recipients: 'none' },
};

/** Subtypes of bounces that SES made itself, without asking the receiving server. */
const ownList = new Set(['Suppressed', 'OnAccountSuppressionList', 'UnsubscribedRecipient']);

export const sesScheme: HookScheme = {
  async verify(call, topic, outside) {
    const message = parseJson(call.body.toString());
    const refused = await verifySns(message, call, topic, outside);
    if (refused !== undefined || textAt(message, 'Type') !== 'SubscriptionConfirmation') return refused;
    const url = urlAt(topic, textAt(message, 'SubscribeURL'));
    if (
      url?.searchParams.get('Action') !== 'ConfirmSubscription' ||
      url.searchParams.get('TopicArn') !== topic
    )
      return 'wrong-topic';
    return (await outside.fetchText(url.href)) === undefined ? 'not-confirmed' : undefined;
  },
  events({ body }) {
    const message = parseJson(body.toString());
    if (textAt(message, 'Type') !== 'Notification') return [];
    // SES announces itself with a sentence.
    const said = parseJson(textAt(message, 'Message') ?? '');
    const kind = kinds[textAt(said, 'eventType') ?? textAt(said, 'notificationType') ?? ''];
    return kind === undefined ? [] : eventsOf(said, kind, textAt(message, 'MessageId') ?? '');
  },
};

function eventsOf(said: unknown, kind: (typeof kinds)[string], id: string): HookEvent[] {
  const about = at(said, kind.about);
  const subtype = textAt(about, 'bounceSubType');
  const named = [textAt(about, 'bounceType'), subtype].filter((one) => one !== undefined).join('/');
  const shared = {
    type: kind.type === 'bounce' && ownList.has(subtype ?? '') ? ('suppressed' as const) : kind.type,
    named: named === '' ? textAt(about, 'complaintFeedbackType') : named,
    token: textAt(said, 'mail.source'),
    messageId: headerOf(said, 'message-id'),
    providerId: textAt(said, 'mail.messageId'),
    at: textAt(about, 'timestamp'),
  };
  const listed = listAt(about, kind.recipients);
  const recipients = listed.length > 0 ? listed : listAt(said, 'mail.destination');
  return recipients.map((one, index) => ({
    ...shared,
    id: `${id}/${index}`,
    recipient: typeof one === 'string' ? one : textAt(one, 'emailAddress'),
    status: textAt(one, 'status'),
    // "smtp; 550 5.1.1 …", as in a report.
    diagnostic: textAt(one, 'diagnosticCode')?.replace(/^[\w-]+\s*;\s*/, ''),
  }));
}

/** A header of our mail. SES adds these if the topic asks for the original headers. */
function headerOf(said: unknown, name: string): string | undefined {
  const header = listAt(said, 'mail.headers').find((one) => textAt(one, 'name')?.toLowerCase() === name);
  return textAt(header, 'value');
}
