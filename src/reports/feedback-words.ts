// What came back, as a person reads it. Pure.
import type { EventRow } from '../feedback/events.js';
import type { FeedbackKind } from '../feedback/read-mail.js';
import { providerInWords } from '../providers/provider-words.js';
import { cutAtWord } from '../text/cut-text.js';

export const kindInWords: Record<FeedbackKind, string> = {
  hard: 'The address does not exist',
  full: 'The mailbox is full',
  unavailable: 'The mailbox takes no mail now',
  policy: 'The provider refuses mail from this sender',
  content: 'The provider took the message for spam',
  size: 'The message is too large',
  auth: 'The message is not authenticated',
  throttled: 'The provider asks for less mail at once',
  complaint: 'The reader reported it as spam',
  auto: 'An automatic reply',
  note: 'A notice: delayed, forwarded or delivered',
  unsubscribe: 'The reader unsubscribed by mail',
  unknown: 'Refused; the words do not say why',
  none: 'A mail that says nothing of a delivery',
};

const sources: Record<string, string> = {
  smtp: 'said at the hand-over',
  webhook: 'told by the provider of the relay',
};

/** The way in that told it. */
export const sourceInWords = (source: string): string => sources[source] ?? 'in a mail that came back';

export interface ReturnedCount {
  kind: FeedbackKind;
  provider: string;
  count: number;
}

/** The counts of an issue, the largest first: "Gmail", "The mailbox is full", 3. */
export const returnedInWords = (
  counts: readonly ReturnedCount[],
): { provider: string; what: string; count: number }[] =>
  counts
    .toSorted((a, b) => b.count - a.count)
    .map(({ kind, provider, count }) => ({
      provider: providerInWords(provider),
      what: kindInWords[kind],
      count,
    }));

export interface EventInWords {
  at: Date;
  issueId: string;
  what: string;
  how: string;
  /** The server's; null: forgotten, or it said nothing. */
  words: string | null;
}

const longestWords = 600;

export const eventInWords = ({ at, issueId, kind, source, words, forwarded }: EventRow): EventInWords => ({
  at,
  issueId,
  what: forwarded ? `${kindInWords[kind]}, at the address that the reader forwards to` : kindInWords[kind],
  how: sourceInWords(source),
  words: words === null || words === '' ? null : cutAtWord(words, longestWords),
});
