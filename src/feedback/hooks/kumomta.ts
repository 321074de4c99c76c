// KumoMTA's log hook: one log record for each call, or a list. It signs nothing: the hook's script sends Basic or Bearer
// (docs.kumomta.com: log record, publishing log events via webhooks). Pure.
import type { HookEvent, HookEventType } from './hook-event.js';
import { at, listOf, parseJson, textAt } from './json.js';
import type { HookScheme } from './scheme.js';
import { verifySharedSecret } from './signatures.js';

const types: Record<string, HookEventType> = {
  Bounce: 'bounce',
  // Of its own report the words are those of the last reply.
  Expiration: 'bounce',
  AdminBounce: 'bounce',
  TransientFailure: 'delay',
  Delivery: 'delivered',
  Feedback: 'complaint',
};

/** {class: 5, subject: 1, detail: 1} → "5.1.1". */
function statusOf(record: unknown): string | undefined {
  const parts = ['class', 'subject', 'detail'].map((part) =>
    textAt(record, `response.enhanced_code.${part}`),
  );
  return parts.every((part) => part !== undefined) ? parts.join('.') : undefined;
}

export const kumomtaScheme: HookScheme = {
  verify: verifySharedSecret,
  events({ body }) {
    const said = parseJson(body.toString());
    if (typeof said !== 'object' || said === null) return undefined;
    return listOf(said).flatMap((record): HookEvent[] => {
      const kind = textAt(record, 'type') ?? '';
      const type = types[kind];
      if (type === undefined) return [];
      const original = textAt(record, 'feedback_report.original_mail_from');
      const [rcpt] = [at(record, 'feedback_report.original_rcpt_to')].flat();
      return [
        {
          type,
          named: textAt(record, 'bounce_classification') ?? kind,
          recipient: type === 'complaint' && typeof rcpt === 'string' ? rcpt : textAt(record, 'recipient'),
          // A complaint is a mail to us: its sender is the provider.
          token: type === 'complaint' ? complaintToken(record, original) : textAt(record, 'sender'),
          messageId: textAt(record, 'headers.Message-ID'),
          providerId: textAt(record, 'id'),
          code: Number(textAt(record, 'response.code') ?? 0),
          status: statusOf(record),
          diagnostic: textAt(record, 'response.content'),
          at: textAt(record, 'timestamp'),
        },
      ];
    });
  },
};

/** The envelope sender in the report, or the headers of our mail that the report quotes. */
function complaintToken(record: unknown, original: string | undefined): string {
  const quoted = textAt(record, 'feedback_report.original_message') ?? '';
  const lines = quoted.split('\n').filter((line) => /^(?:return-path|message-id):/i.test(line));
  return [original ?? '', ...lines].join('\n');
}
