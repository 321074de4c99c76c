// Mailgun: JSON {signature: {timestamp, token, signature}, event-data}; HMAC-SHA-256 of timestamp and token with the
// "HTTP webhook signing key" (documentation.mailgun.com: securing webhooks, webhook payloads). The signature does not
// cover the event, so the token is the event's id: it counts once. Pure.
import { createHmac } from 'node:crypto';
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { isLate, sameText } from './signatures.js';

function typeOf(event: unknown): HookEventType | undefined {
  switch (textAt(event, 'event')) {
    case 'failed':
      if (textAt(event, 'severity') === 'temporary') return 'delay';
      return (textAt(event, 'reason') ?? '').startsWith('suppress') ? 'suppressed' : 'bounce';
    case 'delivered':
      return 'delivered';
    case 'complained':
      return 'complaint';
    case 'unsubscribed':
      return 'unsubscribe';
    default:
      return undefined;
  }
}

export const mailgunScheme: HookScheme = {
  verify({ body, now }, key) {
    const said = at(parseJson(body.toString()), 'signature');
    const [timestamp, token] = [textAt(said, 'timestamp') ?? '', textAt(said, 'token') ?? ''];
    const mac = createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex');
    if (token === '' || !sameText(textAt(said, 'signature') ?? '', mac)) return 'bad-signature';
    return isLate(timestamp, now) ? 'late' : undefined;
  },
  events({ body }) {
    const said = parseJson(body.toString());
    const event = at(said, 'event-data');
    if (event === undefined) return undefined;
    const type = typeOf(event);
    if (type === undefined) return [];
    const reason = textAt(event, 'delivery-status.message') ?? textAt(event, 'delivery-status.description');
    const read: HookEvent = {
      type,
      id: textAt(said, 'signature.token'),
      named: textAt(event, 'reason'),
      recipient: textAt(event, 'recipient'),
      token: textAt(event, 'envelope.sender'),
      messageId: textAt(event, 'message.headers.message-id'),
      // 605 and more are Mailgun's own, for its lists.
      code: Number(textAt(event, 'delivery-status.code') ?? 0),
      status: textAt(event, 'delivery-status.enhanced-code'),
      diagnostic: reason,
      at: textAt(event, 'timestamp'),
    };
    return [read];
  },
};
