// The id that a provider gives a message in its 250 reply, and repeats in its webhooks. Amazon SES replaces our
// Message-ID, and others may. Pure.

export interface IdRow {
  /** The first group is the id. */
  pattern: RegExp;
  /** The servers that are known to say so. */
  server: string;
  origin: string;
  /** A reply, as a test, and its id. */
  example: readonly [reply: string, id: string];
}

/** The first match counts. */
export const idRows: readonly IdRow[] = [
  {
    pattern:
      /\b(?:queued (?:as|with id|mail for delivery as)|ids?[=:]|message[- ]id[=:]?|accepted with id)\s*<?([\w.+/=@-]{8,200})>?/i,
    server: 'SendGrid, Brevo, KumoMTA, Postfix',
    origin: 'docs.kumomta.com, log record: "OK ids=…"; postfix cleanup(8): "queued as …"',
    example: ['250 OK ids=8a5475ccbbc611eda12250ebf67f93bd', '8a5475ccbbc611eda12250ebf67f93bd'],
  },
  {
    pattern: /^250(?:[ -]2\.\d\.\d)?[ -]ok:?\s+<?([\w.+/=@-]{12,200})>?$/i,
    server: 'Amazon SES',
    origin: 'docs.aws.amazon.com, SES SMTP: "250 Ok <message id>", the messageId of its events',
    example: [
      '250 Ok 0102018f3a2b1c4d-6e5f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b-000000',
      '0102018f3a2b1c4d-6e5f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b-000000',
    ],
  },
  {
    pattern: /\b([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/i,
    server: 'Postmark, Mailjet, Resend: their ids are UUIDs',
    origin: 'postmarkapp.com and resend.com, webhooks: MessageID and email_id',
    example: [
      '250 2.0.0 Accepted 883953f4-6105-42a2-a16a-77a8eac79483 (thank you)',
      '883953f4-6105-42a2-a16a-77a8eac79483',
    ],
  },
];

/** Undefined: the reply has no id that we know. */
export function relayIdIn(reply: string): string | undefined {
  for (const { pattern } of idRows) {
    const id = pattern.exec(reply.trim())?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
