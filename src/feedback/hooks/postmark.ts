// Postmark: one event for each call. It signs nothing: HTTP's Basic in the address, or a chosen header such as
// Authorization: Bearer (postmarkapp.com/developer/webhooks: overview, bounce, delivery, spam complaint, subscription
// change). `X-PM-KeepID: true` keeps our Message-ID; otherwise the id is that of the 250 reply. Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifySharedSecret } from './signatures.js';

/** Types of a bounce that are no bounce. */
const bounceTypes: Record<string, HookEventType> = {
  Transient: 'delay',
  DnsError: 'delay',
  AutoResponder: 'auto',
  AddressChange: 'auto',
  ChallengeVerification: 'auto',
  SpamComplaint: 'complaint',
  Unsubscribe: 'unsubscribe',
  ManuallyDeactivated: 'suppressed',
};

function typeOf(event: unknown): HookEventType | undefined {
  switch (textAt(event, 'RecordType')) {
    case 'Bounce':
      return bounceTypes[textAt(event, 'Type') ?? ''] ?? 'bounce';
    case 'SpamComplaint':
      return 'complaint';
    case 'Delivery':
      return 'delivered';
    case 'SubscriptionChange':
      // It also tells of suppressions after bounces, which have their own event.
      return at(event, 'SuppressSending') === true &&
        textAt(event, 'SuppressionReason') === 'ManualSuppression'
        ? 'unsubscribe'
        : undefined;
    default:
      return undefined;
  }
}

export const postmarkScheme: HookScheme = {
  verify: verifySharedSecret,
  events({ body }) {
    const event = parseJson(body.toString());
    if (textAt(event, 'RecordType') === undefined) return undefined;
    const type = typeOf(event);
    if (type === undefined) return [];
    const id = textAt(event, 'ID');
    const read: HookEvent = {
      type,
      id: id === undefined ? undefined : `${textAt(event, 'RecordType')} ${id}`,
      named: textAt(event, 'Type'),
      recipient: textAt(event, 'Email') ?? textAt(event, 'Recipient'),
      // The returned mail, if the webhook's settings include it.
      token: textAt(event, 'Content'),
      messageId: textAt(event, 'MessageID'),
      providerId: textAt(event, 'MessageID'),
      // Description explains the type to people.
      diagnostic: textAt(event, 'Details'),
      at: textAt(event, 'BouncedAt') ?? textAt(event, 'DeliveredAt') ?? textAt(event, 'ChangedAt'),
    };
    return [read];
  },
};
