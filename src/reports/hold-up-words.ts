// Why an issue's readers wait. Pure.
import type { HoldUp } from '../delivery/hand-overs.js';
import type { Message, MessageKey, Said } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { providerName } from '../providers/provider-words.js';
import { durationInWords, durationOf } from './duration-words.js';

export interface HoldUpView extends Pick<HoldUp, 'kind' | 'name' | 'until'> {
  /** In words. */
  detail: string;
}

/** Why readers wait, without who waits: "in trouble, for 2 workers: 421 come again". */
export function detailOf({ kind, count, ofAll, said }: HoldUp): Said {
  const withReply = (what: Message): Message =>
    said === null ? what : { key: 'report.holdSaid', args: { what, reply: said } };
  switch (kind) {
    case 'warm-up':
      return { key: 'report.holdAllowed', args: { count: count ?? 0 } };
    case 'provider':
      return count === null
        ? (said ?? '')
        : { key: 'report.holdRefused', args: { bad: count, ends: ofAll ?? 0, reply: said ?? '' } };
    case 'relay':
      return withReply({ key: 'report.holdTrouble', args: { count: count ?? 0 } });
    case 'connections':
      return withReply({ key: 'report.holdShare', args: { used: count ?? 0, share: ofAll ?? 0 } });
  }
}

const subjects: Record<HoldUp['kind'], MessageKey> = {
  'warm-up': 'report.holdWarmUp',
  provider: 'report.holdProvider',
  relay: 'report.holdRelay',
  connections: 'report.holdConnections',
};

/** "readers at Yahoo and AOL wait, for 4 min: 451 4.7.0 [TSS04] deferred". */
export function holdUpInWords(
  { kind, name: given, until, detail }: HoldUpView,
  now: Date,
  words: Translator,
): string {
  const name = kind === 'provider' ? providerName(given, words) : given;
  const subject: Message = { key: subjects[kind], args: { name } };
  if (until === null) return words.t('report.holdUp', { subject, detail });
  const seconds = Math.max(0, (until.getTime() - now.getTime()) / 1000);
  // English stays short, for terminals.
  const time = words.language === 'en' ? durationInWords(seconds) : durationOf(seconds, words.locale);
  return words.t('report.holdUpFor', { subject, time, detail });
}
