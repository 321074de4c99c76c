// Brevo: one event for each call, or a list if batches are on. It signs nothing: HTTP's Basic or Bearer
// (developers.brevo.com: transactional webhooks, securing webhooks). It has no id of an event. Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { listOf, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifySharedSecret } from './signatures.js';

const types: Record<string, HookEventType> = {
  hard_bounce: 'bounce',
  soft_bounce: 'bounce',
  invalid_email: 'bounce',
  error: 'bounce',
  blocked: 'suppressed',
  deferred: 'delay',
  delivered: 'delivered',
  spam: 'complaint',
  complaint: 'complaint',
  unsubscribed: 'unsubscribe',
  unsubscribe: 'unsubscribe',
};

export const brevoScheme: HookScheme = {
  verify: verifySharedSecret,
  events({ body }) {
    const said = parseJson(body.toString());
    if (typeof said !== 'object' || said === null) return undefined;
    return listOf(said).flatMap((event): HookEvent[] => {
      const named = textAt(event, 'event') ?? '';
      const type = types[named];
      if (type === undefined) return [];
      return [
        {
          type,
          named,
          recipient: textAt(event, 'email'),
          messageId: textAt(event, 'message-id'),
          providerId: textAt(event, 'message-id')?.replaceAll(/[<>]/g, ''),
          diagnostic: textAt(event, 'reason'),
          at: textAt(event, 'ts_epoch') ?? textAt(event, 'ts_event'),
        },
      ];
    });
  },
};
