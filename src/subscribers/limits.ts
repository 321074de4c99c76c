// Every limit on subscribing, in one place. Pure.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The link in a confirmation mail works for so long. */
export const confirmationLinkMs = 72 * hour;
/** A request nobody confirmed is given up after so long. */
export const unconfirmedMs = 7 * day;
/** A worker that took a confirmation and said nothing for so long is dead. Longer than the slowest SMTP dialogue. */
export const confirmationLeaseMs = 20 * minute;

/** Leaving can be undone for so long without confirming anew: the link in a mail does not revive what was left long ago. */
export const undoMs = 7 * day;

/** Against subscription bombing: what one address is sent at most, whoever asks and for whichever newsletter. */
export const perAddress = [
  { within: 10 * minute, confirmations: 1 },
  { within: day, confirmations: 3 },
  { within: 30 * day, confirmations: 5 },
] as const;

/** Requests by one caller (an IPv4 address, an IPv6 /64), and by all of them together. */
export const perCaller = { requests: 60, withinSeconds: 3600 };
export const allCallers = { requests: 30_000, withinSeconds: 3600 };

/** Every answer takes at least this long, so that its time does not tell what an address's state is. */
export const answerMs = 60;

/** May this address be sent one more confirmation, given when the earlier ones were asked for? */
export function mayAskAgain(asked: readonly Date[], now: Date): boolean {
  return perAddress.every(
    ({ within, confirmations }) =>
      asked.filter((at) => now.getTime() - at.getTime() < within).length < confirmations,
  );
}

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
