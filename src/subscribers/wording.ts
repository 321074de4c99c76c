// The words a reader agrees to. Pure. Pages show exactly these, and the consent record quotes them with their version,
// which names what is agreed to, the language, and the text itself: a text that changes has another version.
import { createHash } from 'node:crypto';
import { languageOf, type Language } from '../languages/language.js';
import type { Translator } from '../languages/translate.js';

export interface Wording {
  text: string;
  version: string;
  language: Language;
}

type Words = Pick<Translator, 't' | 'language'>;

function worded(
  kind: string,
  newsletter: string,
  { language }: Words,
  textFor: (newsletter: string) => string,
): Wording {
  const hash = createHash('sha256').update(textFor('')).digest('hex').slice(0, 8);
  return { text: textFor(newsletter), version: `${kind}-${language}-${hash}`, language };
}

/** The language of the words with this version; undefined for anything that is no version of ours. */
export function languageOfWording(version: unknown): Language | undefined {
  const [, tag] = (typeof version === 'string' && /^[a-z]+-([a-z]{2})-[0-9a-f]{8}$/.exec(version)) || [];
  return languageOf(tag);
}

/** Beside the subscribe form's button. */
export const askWording = (newsletter: string, words: Words): Wording =>
  worded('subscribe', newsletter, words, (name) => words.t('consent.subscribe', { newsletter: name }));

/** Beside the button that joins one more newsletter, for an address that is confirmed. */
export const joinWording = (newsletter: string, words: Words): Wording =>
  worded('join', newsletter, words, (name) => words.t('consent.join', { newsletter: name }));

/** Beside the box that a reader ticks who has nothing against being counted. */
export const trackingWording = (newsletter: string, words: Words): Wording =>
  worded('tracking', newsletter, words, (name) => words.t('consent.tracking', { newsletter: name }));

/** Beside the button of the form that lists several newsletters, each with a box. */
export const askSeveralWording = (words: Words): Wording =>
  worded('several', '', words, () => words.t('consent.several'));

/** Beside the button that undoes a leaving. */
export const rejoinWording = (newsletter: string, words: Words): Wording =>
  worded('rejoin', newsletter, words, (name) => words.t('consent.rejoin', { newsletter: name }));

/** Beside the button that the confirmation mail leads to. */
export const confirmWording = (newsletter: string, words: Words): Wording =>
  worded('confirm', newsletter, words, (name) => words.t('consent.confirm', { newsletter: name }));
