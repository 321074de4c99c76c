// When a mail that a relay deferred is tried again: one schedule for digests, confirmations and address changes. Pure.
import { minute } from './durations.js';

// RFC 5321 section 4.5.4.1 asks for patience. The last delay repeats.
const delays = [5, 15, 30, 60, 120, 240].map((minutes) => minutes * minute);
const spread = 0.2;

/**
 * Milliseconds to wait after `attempts` (1 or more) failed tries. `random` (0 to 1) spreads the delay by a fifth either
 * way, so that readers who were deferred together do not all come back together; left out, nothing is spread.
 */
export function retryDelay(attempts: number, random = 0.5): number {
  const delay = delays[Math.min(attempts, delays.length) - 1] ?? minute;
  return delay * (1 - spread + 2 * spread * random);
}

/** When to try again after `attempts` failed tries; undefined: give up, the next try would come after `until`. */
export function nextTry(attempts: number, now: Date, until: Date, random: number): Date | undefined {
  const due = now.getTime() + retryDelay(attempts, random);
  return due < until.getTime() ? new Date(due) : undefined;
}
