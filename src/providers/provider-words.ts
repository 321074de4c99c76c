// Mailbox providers and their refusals in words. Pure.
import { formatTime } from '../text/words.js';
import type { ProviderPause } from './pauses.js';
import type { Cause } from './refusals.js';

const names: Record<string, string> = {
  google: 'Gmail',
  outlook: 'Outlook and Hotmail',
  yahoo: 'Yahoo and AOL',
  icloud: 'iCloud',
  'orange.fr': 'Orange',
  others: 'other providers',
};

/** The name of a group of domains (src/mail/domain-groups.ts): a provider's, or the domain itself. */
export const providerInWords = (group: string): string => names[group] ?? group;

/** What a provider that refuses says of our messages. */
export const causeInWords: Record<Cause, string> = {
  policy: 'it does not accept mail from this sender',
  content: 'it takes the messages for spam',
  auth: 'it says that the messages are not authenticated (SPF, DKIM, DMARC)',
};

/** "Gmail until 20 Nov, 14:00 UTC: it refused 41 of the last 180 messages, because …. Its server said: 550 …" */
export function providerPauseInWords({
  groupKey,
  until,
  stopped,
  bad,
  ends,
  cause,
  reply,
}: ProviderPause): string {
  const when = stopped ? `until ${formatTime(until, 'UTC')} UTC` : 'but one message at a time';
  return `${providerInWords(groupKey)} ${when}: it refused ${bad} of the last ${ends} messages, because ${causeInWords[cause]}. Its server said: ${reply}`;
}
