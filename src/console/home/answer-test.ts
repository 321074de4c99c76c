// What a page answers after a test mail to the person who asked.
import type { Response } from 'express';
import type { Tested } from '../../delivery/preview.js';
import { redirectWith, sendMessage, translatorOf } from '../page.js';
import { sessionOf } from '../session.js';
import { endInWords } from '../state-words.js';

/** Goes `back` when the mail server took it, and says why when it did not. */
export function answerTest(res: Response, tested: Tested, back: string): void {
  if (!tested.ok) return redirectWith(res, back, 'no-posts');
  const [sent] = tested.sent;
  if (sent?.outcome === 'accepted') return redirectWith(res, back, 'test-sent');
  const words = translatorOf(res);
  const { email } = sessionOf(res).account;
  const why = sent === undefined ? '' : endInWords(sent.handOver, words);
  sendMessage(res, 502, words.t('home.notSent'), words.t('home.notSentWhy', { email, why }));
}
