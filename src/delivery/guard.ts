// When an issue does more harm than good, and must stop until an admin has looked. Pure.
//
// Mailbox providers judge a sender by unknown addresses and complaints. Past these shares they refuse all its
// mail, also for readers who want it. A few ends prove nothing: small lists have dead addresses too.
import type { GuardFinding } from '../issues/sending.js';
import type { Message } from '../languages/messages.js';

/** The last ends of one issue. */
export interface Ended {
  /** Accepted or refused for good. Includes those that bounced or brought a complaint later. */
  ends: number;
  /** Refused for good at the hand-over, or bounced. */
  hardBounces: number;
  /** Refused for good, for a reason that no dead address explains: full, spam, or larger than the relay takes. */
  otherRefusals?: number;
  complaints: number;
  /** The last refusal, in the relay's words. */
  refusal?: string | undefined;
}

const hardBounceLimit = 0.05;
const complaintLimit = 0.001;
/** So many ends are needed before a share means something. */
const enough = { refusals: 20, hardBounces: 100, complaints: 1_000 };

/**
 * Reasons of refusals that do not count as hard bounces. A provider that refuses us by policy or as spam is paused
 * alone (src/providers).
 */
export const otherRefusals = ['full', 'unavailable', 'size', 'unfit', 'policy', 'content'] as const;

/** Why the issue should be paused; undefined: it may continue. */
export function guardFinding(ended: Ended): GuardFinding | undefined {
  const { ends, hardBounces, complaints, refusal } = ended;
  const refused = hardBounces + (ended.otherRefusals ?? 0);
  if (ends >= enough.refusals && refused === ends)
    return { kind: 'everything-is-refused', bad: refused, ends, refusal };
  if (ends >= enough.hardBounces && hardBounces > ends * hardBounceLimit)
    return { kind: 'hard-bounces', bad: hardBounces, ends };
  if (ends >= enough.complaints && complaints > ends * complaintLimit)
    return { kind: 'complaints', bad: complaints, ends };
  return undefined;
}

/**
 * The same for all mail of a sending domain in seven days. It counts only what came back after the hand-over:
 * most bounces come when their issue has finished, and each issue's own window has judged the refusals.
 */
export function weekFinding(
  domain: string,
  { ends, hardBounces, complaints }: Pick<Ended, 'ends' | 'hardBounces' | 'complaints'>,
): GuardFinding | undefined {
  if (ends >= enough.hardBounces && hardBounces > ends * hardBounceLimit)
    return { kind: 'hard-bounces-of-week', bad: hardBounces, ends, domain };
  if (ends >= enough.complaints && complaints > ends * complaintLimit)
    return { kind: 'complaints-of-week', bad: complaints, ends, domain };
  return undefined;
}

/** The finding as an admin reads it. */
export function guardMessage({ kind, bad, ends, refusal: reply, domain = '' }: GuardFinding): Message {
  switch (kind) {
    case 'everything-is-refused':
      return reply === undefined
        ? { key: 'issue.guardRefused', args: { ends } }
        : { key: 'issue.guardRefusedWith', args: { ends, reply } };
    case 'hard-bounces':
      return { key: 'issue.guardHard', args: { bad, ends, limit: hardBounceLimit * 100 } };
    case 'complaints':
      return { key: 'issue.guardComplaints', args: { bad, ends, limit: complaintLimit * 100 } };
    case 'hard-bounces-of-week':
      return { key: 'issue.guardHardWeek', args: { bad, ends, domain, limit: hardBounceLimit * 100 } };
    case 'complaints-of-week':
      return { key: 'issue.guardComplaintsWeek', args: { bad, ends, domain, limit: complaintLimit * 100 } };
    case 'not-authenticated':
      return { key: 'issue.guardUnsigned', args: { bad, ends, provider: domain } };
  }
}

/** With more ends than this there is no finding: the shares are below their limits. */
export function mostEndsThatMatter({
  hardBounces,
  otherRefusals: others = 0,
  complaints,
}: Omit<Ended, 'ends'>): number {
  return Math.max(
    ...Object.values(enough),
    hardBounces + others,
    Math.ceil(hardBounces / hardBounceLimit),
    Math.ceil(complaints / complaintLimit),
  );
}

/** False: the counts are too low for any finding, however few ends there are. */
export function mayBeTooMany({
  hardBounces,
  otherRefusals: others = 0,
  complaints,
}: Omit<Ended, 'ends'>): boolean {
  return (
    hardBounces > enough.hardBounces * hardBounceLimit ||
    hardBounces + others >= enough.refusals ||
    complaints > enough.complaints * complaintLimit
  );
}

export const nothingEnded: Ended = { ends: 0, hardBounces: 0, complaints: 0 };

/** Moves the window on: ends older than the last `span` weigh half as much. */
export function afterEnds(window: Ended, more: Omit<Ended, 'complaints'>, span = 1_000): Ended {
  const old = window.ends >= span ? 0.5 : 1;
  return {
    ends: Math.ceil(window.ends * old) + more.ends,
    hardBounces: Math.floor(window.hardBounces * old) + more.hardBounces,
    otherRefusals: Math.floor((window.otherRefusals ?? 0) * old) + (more.otherRefusals ?? 0),
    complaints: window.complaints,
    refusal: more.refusal ?? window.refusal,
  };
}
