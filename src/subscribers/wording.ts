// The wordings that readers agree to. Pure.
//
// Pages show exactly these texts. The consent record quotes the text and its version, which names its kind,
// its language and a hash: a changed text has another version.
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

/** The language of the wording with this version; undefined if it is not ours. */
export function languageOfWording(version: unknown): Language | undefined {
  const [, tag] = (typeof version === 'string' && /^[a-z]+-([a-z]{2})-[0-9a-f]{8}$/.exec(version)) || [];
  return languageOf(tag);
}

/** Beside the button of the subscribe form. */
export const askWording = (newsletter: string, words: Words): Wording =>
  worded('subscribe', newsletter, words, (name) => words.t('consent.subscribe', { newsletter: name }));

/** Beside the button that joins one more newsletter, for a confirmed address. */
export const joinWording = (newsletter: string, words: Words): Wording =>
  worded('join', newsletter, words, (name) => words.t('consent.join', { newsletter: name }));

/** Beside the checkbox that allows counting clicks. */
export const trackingWording = (newsletter: string, words: Words): Wording =>
  worded('tracking', newsletter, words, (name) => words.t('consent.tracking', { newsletter: name }));

/** Beside the button of the form that lists several newsletters. */
export const askSeveralWording = (words: Words): Wording =>
  worded('several', '', words, () => words.t('consent.several'));

/** Beside the button that undoes a leaving. */
export const rejoinWording = (newsletter: string, words: Words): Wording =>
  worded('rejoin', newsletter, words, (name) => words.t('consent.rejoin', { newsletter: name }));

/** Beside the button behind the link of the confirmation mail. */
export const confirmWording = (newsletter: string, words: Words): Wording =>
  worded('confirm', newsletter, words, (name) => words.t('consent.confirm', { newsletter: name }));
