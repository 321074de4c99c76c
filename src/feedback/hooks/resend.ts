// Resend: one event for each call, signed by Svix (resend.com/docs/webhooks: event types, verify webhooks requests;
// docs.svix.com: verifying payloads manually). Its bounces have Amazon SES's types. Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, listAt, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifyStandard } from './signatures.js';

const types: Record<string, HookEventType> = {
  'email.bounced': 'bounce',
  'email.suppressed': 'suppressed',
  'email.complained': 'complaint',
  'email.delivery_delayed': 'delay',
  'email.delivered': 'delivered',
};

const ownList = new Set(['Suppressed', 'OnAccountSuppressionList']);

export const resendScheme: HookScheme = {
  verify: (call, secret) => verifyStandard(call, secret, 'svix'),
  events({ body, header }) {
    const said = parseJson(body.toString());
    const data = at(said, 'data');
    if (textAt(said, 'type') === undefined || data === undefined) return undefined;
    const type = types[textAt(said, 'type') ?? ''];
    if (type === undefined) return [];
    const subtype = textAt(data, 'bounce.subType');
    const [first] = listAt(data, 'to');
    const headers = listAt(data, 'headers');
    const ours = headers.find((one) => textAt(one, 'name')?.toLowerCase() === 'message-id');
    const read: HookEvent = {
      type: type === 'bounce' && ownList.has(subtype ?? '') ? 'suppressed' : type,
      id: header('svix-id'),
      named: [textAt(data, 'bounce.type'), subtype].filter((one) => one !== undefined).join('/'),
      recipient: typeof first === 'string' ? first : undefined,
      messageId: textAt(ours, 'value') ?? textAt(data, 'message_id'),
      providerId: textAt(data, 'email_id'),
      diagnostic: textAt(data, 'bounce.diagnosticCode') ?? textAt(data, 'bounce.message'),
      at: textAt(said, 'created_at'),
    };
    return [read];
  },
};
