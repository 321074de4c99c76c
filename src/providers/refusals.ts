// When a mailbox provider refuses so much of our mail that more would do harm. Pure.
//
// A provider that takes us for a spammer counts each further message against us. Some refusals prove nothing:
// filters err about single messages.
import { decideOutcome, type HandOver } from '../mail/outcome.js';

/**
 *   policy   it refuses this sender or its address
 *   content  it takes the messages for spam
 *   auth     it says that the messages are not authenticated
 */
export type Cause = 'policy' | 'content' | 'auth';

export const causes: readonly Cause[] = ['policy', 'content', 'auth'];

/** The last messages to a provider that count. */
export const lastMessages = 200;
const limit = 0.2;
/** So many refusals are needed. On trial: after a pause, with one message at a time. */
export const enoughRefusals = ({ onTrial }: { onTrial: boolean }): number => (onTrial ? 3 : 20);

export interface Refusals {
  /** Accepted or refused, `lastMessages` at most. */
  ends: number;
  /** Refused or returned for one of the causes. */
  bad: number;
}

export const refusesTooMuch = ({ ends, bad }: Refusals, { onTrial }: { onTrial: boolean }): boolean =>
  bad >= enoughRefusals({ onTrial }) && bad > ends * limit;

/** `accepted`, a cause, or another end. undefined: it has not ended. */
export function endAt(handOver: HandOver): 'accepted' | 'other' | Cause | undefined {
  const outcome = decideOutcome(handOver);
  if (outcome.outcome === 'accepted') return 'accepted';
  if (outcome.outcome !== 'refused') return undefined;
  return causes.find((cause) => cause === outcome.reason) ?? 'other';
}

/** How the last messages to one provider ended, the newest last. `undefined`: well. */
export type Window = readonly (Cause | undefined)[];

export const afterEnd = (window: Window, end: Cause | undefined): Window =>
  [...window, end].slice(-lastMessages);

/** The refusals of a window, with the commonest cause. */
export function countWindow(window: Window): Refusals & { cause: Cause } {
  const counts = causes.map((cause) => ({ cause, bad: window.filter((end) => end === cause).length }));
  const [worst = { cause: 'policy' as const }] = counts.toSorted((a, b) => b.bad - a.bad);
  return { ends: window.length, bad: window.filter((end) => end !== undefined).length, cause: worst.cause };
}
