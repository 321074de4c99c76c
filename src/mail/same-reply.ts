// The same reply for readers at many domains is the relay's own, whatever its words say: no list of wordings has
// them all. Pure.
import { classify, wordingOf } from './classify.js';
import { domainGroup } from './domain-groups.js';
import { concernsOneMailbox } from './throttle-replies.js';
import type { HandOver } from './outcome.js';

/** The last such reply of a relay, and the providers whose readers got it in a row. */
export interface SameReply {
  wording: string;
  groups: ReadonlySet<string>;
}

/** Fewer providers may refuse alike by chance: many of them run the same software. */
const many = 5;

export const noReply: SameReply = { wording: '', groups: new Set() };

/** Call it with each hand-over to the relay. */
export function afterReply(seen: SameReply, to: string, handOver: HandOver): SameReply {
  if (handOver.ended === 'accepted') return noReply;
  if (!mayBeCommon(handOver)) return seen;
  const wording = wordingOf(handOver.reply);
  const groups = wording === seen.wording ? seen.groups : [];
  return { wording, groups: new Set([...groups, domainGroup(to)]) };
}

/** The hand-over got the reply that readers at many domains have got. */
export function isCommon(
  { wording, groups }: SameReply,
  handOver: HandOver,
): handOver is Extract<HandOver, { ended: 'reply' }> {
  return groups.size >= many && mayBeCommon(handOver) && wordingOf(handOver.reply) === wording;
}

/**
 * A temporary reply after RCPT that speaks neither of one mailbox nor of greylisting, or a permanent one whose words
 * name neither the mailbox nor the message as its cause.
 */
function mayBeCommon(handOver: HandOver): handOver is Extract<HandOver, { ended: 'reply' }> {
  if (handOver.ended !== 'reply' || handOver.code < 400 || handOver.code >= 600) return false;
  const { kind, about } = classify(handOver);
  if (handOver.code >= 500) return kind === 'unknown' || kind === 'policy';
  return (about === 'reader' || about === 'provider') && !concernsOneMailbox(handOver.reply);
}
