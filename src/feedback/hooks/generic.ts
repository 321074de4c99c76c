// Any mail server with a script: {type, messageId | token | recipient, code, status, diagnostic, at}, or a list of
// these, signed as in Standard Webhooks (github.com/standard-webhooks/standard-webhooks, the specification). Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, listOf, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifyStandard } from './signatures.js';

const types: Record<string, HookEventType> = {
  bounce: 'bounce',
  bounced: 'bounce',
  complaint: 'complaint',
  unsubscribe: 'unsubscribe',
  delay: 'delay',
  delayed: 'delay',
  deferral: 'delay',
  deferred: 'delay',
  delivered: 'delivered',
  suppressed: 'suppressed',
};

export const genericScheme: HookScheme = {
  verify: (call, secret) => verifyStandard(call, secret, 'webhook'),
  events({ body, header }) {
    const said = parseJson(body.toString());
    if (typeof said !== 'object' || said === null) return undefined;
    return listOf(said).flatMap((one, index): HookEvent[] => {
      const type = types[(textAt(one, 'type') ?? '').toLowerCase()];
      const code = at(one, 'code');
      if (type === undefined) return [];
      return [
        {
          type,
          id: `${header('webhook-id')}/${index}`,
          recipient: textAt(one, 'recipient'),
          token: textAt(one, 'token'),
          messageId: textAt(one, 'messageId'),
          providerId: textAt(one, 'messageId'),
          code: typeof code === 'number' ? code : Number(textAt(one, 'code') ?? 0),
          status: textAt(one, 'status'),
          diagnostic: textAt(one, 'diagnostic'),
          at: textAt(one, 'at'),
        },
      ];
    });
  },
};
