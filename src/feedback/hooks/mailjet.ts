// Mailjet: one event for each call, or a list if events are grouped. It signs nothing: HTTP's Basic in the address
// (dev.mailjet.com: event API, webhooks). It has no id of an event. Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, listOf, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifySharedSecret } from './signatures.js';

/** Errors of a "blocked" event for which Mailjet asked no server. */
const ownList = new Set(['preblocked', 'spam reporter', 'blacklisted', 'duplicate in campaign']);

function typeOf(event: unknown): HookEventType | undefined {
  const error = textAt(event, 'error') ?? '';
  switch (textAt(event, 'event')) {
    case 'bounce':
      return error === 'greylisted' && at(event, 'hard_bounce') !== true ? 'delay' : 'bounce';
    case 'blocked':
      return ownList.has(error) ? 'suppressed' : 'bounce';
    case 'sent':
      return 'delivered';
    case 'spam':
      return 'complaint';
    case 'unsub':
      return 'unsubscribe';
    default:
      return undefined;
  }
}

export const mailjetScheme: HookScheme = {
  verify: verifySharedSecret,
  events({ body }) {
    const said = parseJson(body.toString());
    if (typeof said !== 'object' || said === null) return undefined;
    return listOf(said).flatMap((event): HookEvent[] => {
      const type = typeOf(event);
      if (type === undefined) return [];
      return [
        {
          type,
          named: textAt(event, 'error'),
          recipient: textAt(event, 'email'),
          // X-MJ-CustomID of the mail, if it had one.
          messageId: textAt(event, 'CustomID'),
          providerId: textAt(event, 'Message_GUID'),
          diagnostic: textAt(event, 'smtp_reply') ?? textAt(event, 'comment'),
          at: textAt(event, 'time'),
        },
      ];
    });
  },
};
