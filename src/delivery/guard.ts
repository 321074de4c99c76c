// When an issue does more harm than good, and must stop until an admin has looked. Pure.
//
// Mailbox providers judge a sender by unknown addresses and complaints; past these shares they stop taking its mail at
// all, also for the readers who want it. A few ends prove nothing: small lists have dead addresses too.

/** What has ended lately, of one issue. */
export interface Ended {
  /** Accepted or refused for good, and those among them that bounced or brought a complaint later. */
  ends: number;
  /** Refused for good at the hand-over, or bounced. */
  hardBounces: number;
  complaints: number;
  /** The last refusal, in the relay's words. */
  refusal?: string | undefined;
}

const hardBounceLimit = 0.05;
const complaintLimit = 0.001;
/** Ends before a share means something. */
const enough = { refusals: 20, hardBounces: 100, complaints: 1_000 };

/** Why the issue should be paused, in words for an admin; undefined: it may go on. */
export function guardReason({ ends, hardBounces, complaints, refusal }: Ended): string | undefined {
  if (ends >= enough.refusals && hardBounces === ends)
    return `everything is refused: all of the last ${ends}${refusal === undefined ? '' : `, with "${refusal}"`}`;
  if (ends >= enough.hardBounces && hardBounces > ends * hardBounceLimit)
    return `hard bounces: ${hardBounces} of the last ${ends} (more than ${hardBounceLimit * 100} %)`;
  if (ends >= enough.complaints && complaints > ends * complaintLimit)
    return `complaints: ${complaints} on the last ${ends} messages (more than ${complaintLimit * 100} %)`;
  return undefined;
}

/** The kind of a reason of guardReason, for a statistic: what it says before its figures. */
export function guardKind(reason: string): string {
  return reason.slice(0, reason.indexOf(':')).replaceAll(' ', '-');
}

/** No reason to pause can come of fewer, whatever the sum of ends. */
export function mayBeTooMany({
  hardBounces,
  complaints,
}: Pick<Ended, 'hardBounces' | 'complaints'>): boolean {
  return (
    hardBounces > enough.hardBounces * hardBounceLimit || complaints > enough.complaints * complaintLimit
  );
}

export const nothingEnded: Ended = { ends: 0, hardBounces: 0, complaints: 0 };

/** The window moves on: what is older than the last `span` ends weighs half as much. */
export function afterEnds(window: Ended, more: Omit<Ended, 'complaints'>, span = 1_000): Ended {
  const old = window.ends >= span ? 0.5 : 1;
  return {
    ends: Math.ceil(window.ends * old) + more.ends,
    hardBounces: Math.floor(window.hardBounces * old) + more.hardBounces,
    complaints: window.complaints,
    refusal: more.refusal ?? window.refusal,
  };
}
