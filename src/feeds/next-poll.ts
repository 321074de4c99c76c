// When a feed is asked again. Pure.

const minute = 60_000;

/** Between two polls of a feed that answers. */
export const pollInterval = 10 * minute;
/** A worker that takes a feed has it for this long; if it dies, another one takes over then. */
export const claimTime = 2 * minute;

const firstRetry = 5 * minute;
const longest = 24 * 60 * minute;

/**
 * When to ask again after `failures` failures in a row: after 5 minutes, then twice as long each time, up to a day; or
 * later, if the server named a time (Retry-After), but within a day too. `random` (0 to 1) spreads feeds of one host ±10 %.
 */
export function nextPollAfterFailure(
  now: Date,
  failures: number,
  retryAfterSeconds = 0,
  random = Math.random(),
): Date {
  const backOff = Math.min(firstRetry * 2 ** Math.min(failures - 1, 20), longest) * (0.9 + 0.2 * random);
  return new Date(now.getTime() + Math.min(Math.max(backOff, retryAfterSeconds * 1000), longest));
}
