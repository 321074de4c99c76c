// What a mail server replied, or why there is no reply, in the language of a page. Pure.
import type { Translator } from '../languages/translate.js';
import type { DeliveryView } from './list-deliveries.js';

/** The mail server's reply with its code once, or our reason why there is none. */
export function replyInWords(
  { replyCode, reply }: Pick<DeliveryView, 'replyCode' | 'reply'>,
  words: Pick<Translator, 'sayReply'>,
): string {
  if (reply === null) return '';
  if (replyCode === null) return words.sayReply(reply);
  return reply.startsWith(String(replyCode)) ? reply : `${replyCode} ${reply}`;
}
