import type { Message, Said } from './messages.js';
import { inEnglish } from './translate.js';

/** An error in our own words. `message` is the English sentence. */
export class SaidError extends Error {
  readonly said: Message;

  constructor(said: Message) {
    super(inEnglish(said));
    this.said = said;
  }
}

/** An error for the ledger, in English, and as a message for people if it is in our words. */
export const inWords = (said: Said): { error: string; said?: Message } =>
  typeof said === 'string' ? { error: said } : { error: inEnglish(said), said };
