// SendGrid: a list of events; ECDSA with SHA-256 over the header's timestamp and the body, by the public key of the
// webhook's settings (twilio.com/docs/sendgrid: Event Webhook, its security features and its reference). Pure.
import { createPublicKey, createVerify } from 'node:crypto';
import type { HookEvent, HookEventType } from './hook-event.js';
import { parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { isLate } from './signatures.js';

function typeOf(event: unknown): HookEventType | undefined {
  switch (textAt(event, 'event')) {
    // "blocked" is a refusal of this message, "bounce" of the address: the words decide.
    case 'bounce':
      return 'bounce';
    case 'dropped':
      return 'suppressed';
    case 'deferred':
      return 'delay';
    case 'delivered':
      return 'delivered';
    case 'spamreport':
      return 'complaint';
    case 'unsubscribe':
    case 'group_unsubscribe':
      return 'unsubscribe';
    default:
      return undefined;
  }
}

export const sendgridScheme: HookScheme = {
  verify({ body, header, now }, key) {
    const timestamp = header('x-twilio-email-event-webhook-timestamp');
    const signature = header('x-twilio-email-event-webhook-signature') ?? '';
    const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    const signed = createVerify('sha256')
      .update(timestamp ?? '')
      .update(body);
    if (!signed.verify(publicKey, signature, 'base64')) return 'bad-signature';
    return isLate(timestamp, now) ? 'late' : undefined;
  },
  events({ body }) {
    const said = parseJson(body.toString());
    if (!Array.isArray(said)) return undefined;
    return said.flatMap((event): HookEvent[] => {
      const type = typeOf(event);
      if (type === undefined) return [];
      return [
        {
          type,
          id: textAt(event, 'sg_event_id'),
          named: textAt(event, 'bounce_classification') ?? textAt(event, 'type'),
          recipient: textAt(event, 'email'),
          // Our Message-ID.
          messageId: textAt(event, 'smtp-id'),
          // "<id of the 250 reply>.filter0001.16648.5515E0B88.0"
          providerId: textAt(event, 'sg_message_id')?.replace(/\.(?:filter|recvd|ismtpd)\w*[.-].*$/, ''),
          status: textAt(event, 'status'),
          diagnostic: textAt(event, 'reason') ?? textAt(event, 'response'),
          at: textAt(event, 'timestamp'),
        },
      ];
    });
  },
};
