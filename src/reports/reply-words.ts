// What a mail server replied, or why there is no reply, in the language of a page. Pure.
import type { Quote, Translator } from '../languages/translate.js';
import type { DeliveryView } from './list-deliveries.js';

/** The mail server's reply with its code once, or our reason why there is none. */
export function replyInWords(
  { replyCode, reply }: Pick<DeliveryView, 'replyCode' | 'reply'>,
  words: Pick<Translator, 'quoteReply'>,
): Quote {
  if (reply === null) return { words: '', isForeign: false };
  if (replyCode === null) return words.quoteReply(reply);
  const said = reply.startsWith(String(replyCode)) ? reply : `${replyCode} ${reply}`;
  return { words: said, isForeign: true };
}
