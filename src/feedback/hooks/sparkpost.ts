// SparkPost: a list of {msys: {message_event: …}}. It signs nothing: HTTP's Basic, or OAuth 2 whose token it sends as
// Bearer (developers.sparkpost.com: webhooks, events reference). Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifySharedSecret } from './signatures.js';

const types: Record<string, HookEventType> = {
  bounce: 'bounce',
  out_of_band: 'bounce',
  policy_rejection: 'suppressed',
  generation_rejection: 'suppressed',
  delay: 'delay',
  delivery: 'delivered',
  spam_complaint: 'complaint',
  list_unsubscribe: 'unsubscribe',
  link_unsubscribe: 'unsubscribe',
};

/** Classes of bounces that are none: automatic replies, subscribe requests, challenges. */
const automatic = new Set(['60', '80', '100']);

export const sparkpostScheme: HookScheme = {
  verify: verifySharedSecret,
  events({ body }) {
    const said = parseJson(body.toString());
    if (!Array.isArray(said)) return undefined;
    return said.flatMap((one): HookEvent[] => {
      const msys = at(one, 'msys');
      // A test call holds an empty object.
      const [event] = typeof msys === 'object' && msys !== null ? (Object.values(msys) as unknown[]) : [];
      const type = types[textAt(event, 'type') ?? ''];
      if (type === undefined) return [];
      const named = textAt(event, 'bounce_class');
      return [
        {
          type: type === 'bounce' && automatic.has(named ?? '') ? 'auto' : type,
          id: textAt(event, 'event_id'),
          named,
          recipient: textAt(event, 'raw_rcpt_to') ?? textAt(event, 'rcpt_to'),
          token: textAt(event, 'msg_from'),
          messageId: textAt(event, 'rcpt_meta.message_id'),
          providerId: textAt(event, 'message_id'),
          code: Number(textAt(event, 'error_code') ?? 0),
          diagnostic: textAt(event, 'raw_reason') ?? textAt(event, 'reason'),
          at: textAt(event, 'timestamp'),
        },
      ];
    });
  },
};
