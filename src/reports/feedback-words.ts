// What came back, as a person reads it. Pure.
import type { EventRow } from '../feedback/events.js';
import { kindKeys } from '../feedback/kind-keys.js';
import type { FeedbackKind } from '../feedback/read-mail.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { providerInWords } from '../providers/provider-words.js';
import { cutAtWord } from '../text/cut-text.js';

const sourceKeys: Readonly<Record<string, MessageKey>> = {
  smtp: 'readers.saidAtHandOver',
  webhook: 'readers.toldByRelay',
};

export interface ReturnedCount {
  kind: FeedbackKind;
  provider: string;
  count: number;
}

/** The counts of an issue, the largest first: "Gmail", "The mailbox is full", 3. */
export const returnedInWords = (
  counts: readonly ReturnedCount[],
  { t }: Translator,
): { provider: string; what: string; count: number }[] =>
  counts
    .toSorted((a, b) => b.count - a.count)
    .map(({ kind, provider, count }) => ({
      provider: providerInWords(provider),
      what: t(kindKeys[kind]),
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

export const eventInWords = (
  { at, issueId, kind, source, words, forwarded }: EventRow,
  { t }: Translator,
): EventInWords => ({
  at,
  issueId,
  what: forwarded ? t('readers.whereForwarded', { what: t(kindKeys[kind]) }) : t(kindKeys[kind]),
  how: t(sourceKeys[source] ?? 'readers.inReturnedMail'),
  words: words === null || words === '' ? null : cutAtWord(words, longestWords),
});
