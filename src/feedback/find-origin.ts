// Finds the mail that something came back about. Each token is signed, so it may stand anywhere: the surest place
// comes first.
import { readMessageId } from '../delivery/message.js';
import { originsIn, type MailOrigin } from '../mail/verp.js';
import type { Keys, Secrets } from '../secrets.js';
import type { OpenedMail } from './open-mail.js';

export interface OriginKeys {
  verp: Keys;
  messageId: Keys;
}

export const originKeys = (secrets: Secrets): OriginKeys => ({
  verp: secrets.derive('verp'),
  messageId: secrets.derive('message-id'),
});

const recipientHeaders = ['delivered-to', 'x-original-to', 'x-envelope-to', 'envelope-to', 'to'];

/**
 * The mail that the envelope's recipient names, else the headers, else the returned mail. A complaint of
 * Microsoft quotes the headers of our mail alone.
 */
export function findOrigin(
  { verp, messageId }: OriginKeys,
  mail: OpenedMail,
  recipient: string | undefined,
): MailOrigin | undefined {
  const headers = recipientHeaders.flatMap((name) => mail.headers(name));
  // Received: from … by … for <bounces+…>; Fri, 20 Nov …
  const received = mail.headers('received').map((line) => /\bfor\s+<?([^\s;>]+)/i.exec(line)?.[1] ?? '');
  for (const place of [recipient ?? '', headers.join('\n'), received.join('\n')]) {
    const [origin] = originsIn(verp, place);
    if (origin !== undefined) return origin;
  }
  const quoted = [...mail.parts.map(({ text }) => text), mail.text].join('\n');
  const ours = originsIn(verp, quoted);
  const delivery = ours.find(({ kind }) => kind === 'delivery');
  if (delivery !== undefined) return delivery;
  const named = readMessageId(messageId, quoted);
  return named === undefined
    ? ours.find(({ kind }) => kind !== 'unsubscribe')
    : { kind: 'delivery', ...named };
}
