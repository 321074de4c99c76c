// How long what lasts, and when an address may be asked again. How often is configuration (src/config/limits.ts). Pure.
import type { Allowance } from '../config/limits.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The link in a confirmation mail works for so long. */
export const confirmationLinkMs = 72 * hour;
/** A request nobody confirmed is given up after so long. */
export const unconfirmedMs = 7 * day;
/** Who has a confirmation and does not press its button is reminded after so long, once. */
export const reminderMs = 24 * hour;
/** An active reader who asks for what they have is told so again after so long. */
export const tellAgainMs = 24 * hour;
/** A worker that took a confirmation and said nothing for so long is dead. Longer than the slowest SMTP dialogue. */
export const confirmationLeaseMs = 20 * minute;

/** Leaving can be undone for so long without confirming anew: the link in a mail does not revive what was left long ago. */
export const undoMs = 7 * day;

/** May this address be sent one more confirmation, given when the earlier ones were asked for? */
export function mayAskAgain(perAddress: readonly Allowance[], asked: readonly Date[], now: Date): boolean {
  return perAddress.every(
    ({ times, withinSeconds }) =>
      asked.filter((at) => now.getTime() - at.getTime() < withinSeconds * 1000).length < times,
  );
}

/** How far back mayAskAgain looks; ms. */
export const longestOf = (perAddress: readonly Allowance[]): number =>
  Math.max(...perAddress.map(({ withinSeconds }) => withinSeconds)) * 1000;

/** May a reader who left be taken back by one click? */
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

// RFC 5321 section 4.5.4.1 asks for patience. Beyond the last: every 4 h until the request expires.
const retryMinutes = [5, 15, 30, 60, 120, 240];

/** How long to leave a confirmation alone after its `attempts`th deferral; ms. */
export function retryDelay(attempts: number): number {
  return (retryMinutes[Math.min(attempts, retryMinutes.length) - 1] ?? 5) * minute;
}
