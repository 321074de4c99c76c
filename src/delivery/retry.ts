// When a deferred delivery is tried again. Pure.

const minute = 60_000;
// RFC 5321 section 4.5.4.1 asks for patience; the last delay repeats.
const delays = [5, 15, 30, 60, 120, 240].map((minutes) => minutes * minute);
const spread = 0.2;

/**
 * The next try after `attempts` (1 or more) failed ones, or undefined: given up, as it would come after
 * `until`. `random` is from 0 to 1: readers deferred together do not all come back together.
 */
export function nextTry(attempts: number, now: Date, until: Date, random: number): Date | undefined {
  const delay = delays[Math.min(attempts, delays.length) - 1] ?? minute;
  const due = now.getTime() + delay * (1 - spread + 2 * spread * random);
  return due < until.getTime() ? new Date(due) : undefined;
}
