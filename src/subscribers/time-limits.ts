// Durations, and when an address may be mailed again. Frequencies are configuration (src/config/limits.ts).
// Pure.
import type { Allowance } from '../config/limits.js';
import { minute, hour, day } from '../durations.js';

/** How long the link in a confirmation mail works. */
export const confirmationLinkMs = 72 * hour;
/** After this time an unconfirmed request expires. */
export const unconfirmedMs = 7 * day;
/** After this time a reader who has not confirmed is reminded, once. */
export const reminderMs = 24 * hour;
/** After this time an active reader who subscribes again gets another note. */
export const tellAgainMs = 24 * hour;
/** A claim older than this belongs to a dead worker. Longer than the slowest SMTP dialogue. */
export const confirmationLeaseMs = 20 * minute;

/**
 * How long a leaving can be undone without a new confirmation: an old link must not revive a subscription.
 */
export const undoMs = 7 * day;

/** Whether this address may get one more confirmation, given the times of the earlier ones. */
export function mayAskAgain(perAddress: readonly Allowance[], asked: readonly Date[], now: Date): boolean {
  return perAddress.every(
    ({ times, withinSeconds }) =>
      asked.filter((at) => now.getTime() - at.getTime() < withinSeconds * 1000).length < times,
  );
}

/** How far back mayAskAgain looks, in ms. */
export const longestOf = (perAddress: readonly Allowance[]): number =>
  Math.max(...perAddress.map(({ withinSeconds }) => withinSeconds)) * 1000;

/** Whether one click may undo the leaving. */
export function mayUndo(
  left: { confirmedAt: Date | null; unsubscribedAt: Date | null; suppressed: boolean },
  now: Date,
): boolean {
  const { confirmedAt, unsubscribedAt, suppressed } = left;
  return (
    !suppressed &&
    confirmedAt !== null &&
    unsubscribedAt !== null &&
    now.getTime() - unsubscribedAt.getTime() < undoMs
  );
}
