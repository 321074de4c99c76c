// When to poll a feed again. Pure.
import { minute } from '../durations.js';

/** Between two polls of a feed that answers, unless a person has chosen another interval. */
export const usualPollMinutes = 10;
/** The limit for a server's Cache-Control: a digest must not wait for yesterday's copy. */
const longestFresh = 60 * minute;
/** A feed whose hub notifies us (WebSub) is polled as a precaution only. */
const pushedInterval = 60 * minute;
/** A worker's claim of a feed lasts this long. If the worker dies, another takes over. */
export const claimTime = 2 * minute;

const firstRetry = 5 * minute;
const longest = 24 * 60 * minute;

/**
 * When to ask again after an answer: after 10 minutes, or the interval that a person chose; later, an hour at most, if the
 * server says that its answer stays fresh for longer (Cache-Control), or if a hub tells us when there is something.
 */
export function nextPollAfterAnswer(
  now: Date,
  {
    freshSeconds = 0,
    isPushed = false,
    pollMinutes,
  }: { freshSeconds?: number | undefined; isPushed?: boolean; pollMinutes?: number | null } = {},
): Date {
  const fresh = Math.min(freshSeconds * 1000, longestFresh);
  const interval = (pollMinutes ?? usualPollMinutes) * minute;
  return new Date(now.getTime() + Math.max(interval, isPushed ? pushedInterval : 0, fresh));
}

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
