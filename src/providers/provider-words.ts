// Mailbox providers and their refusals in words. Pure.
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { TimeWords } from '../text/when-words.js';
import type { ProviderPause } from './pauses.js';
import type { Cause } from './refusals.js';

const names: Readonly<Record<string, string>> = {
  google: 'Gmail',
  outlook: 'Outlook and Hotmail',
  yahoo: 'Yahoo and AOL',
  icloud: 'iCloud',
  'orange.fr': 'Orange',
  others: 'other providers',
};

/** The name of a group of domains (src/mail/domain-groups.ts) in English: a provider's, or the domain itself. */
export const providerInWords = (group: string): string => names[group] ?? group;

const translatedNames: Readonly<Record<string, MessageKey>> = {
  outlook: 'sending.outlook',
  yahoo: 'sending.yahoo',
  others: 'sending.others',
};

/** The same in the language of `t`. */
export function providerName(group: string, { t }: Pick<Translator, 't'>): string {
  const key = translatedNames[group];
  return key === undefined ? providerInWords(group) : t(key);
}

/** What a provider that refuses says of our messages. */
export const causeKeys: Record<Cause, MessageKey> = {
  policy: 'sending.causePolicy',
  content: 'sending.causeContent',
  auth: 'sending.causeAuth',
};

/** "Nothing is sent to Gmail until 20 Nov 2026, 14:00 (in 2 h): it refused 41 of the last 180 messages, because …." */
export function providerPauseInWords(
  { groupKey, until, stopped, bad, ends, cause, reply }: ProviderPause,
  words: TimeWords,
): string {
  const { t } = words;
  const refused = {
    provider: providerName(groupKey, words),
    bad,
    ends,
    cause: t(causeKeys[cause]),
    reply,
  };
  return stopped
    ? t('sending.stoppedUntil', { ...refused, time: words.time(until) })
    : t('sending.oneByOne', refused);
}
