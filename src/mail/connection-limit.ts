// How many connections a relay takes at once, as its refusals show. Pure.
//
//   1. a connection is refused while others stand: the relay gets no more than those
//   2. after a pause, one connection more is tried
//   3. if it is refused too, the next pause is twice as long
import { minute } from '../durations.js';
import type { HandOver } from './outcome.js';

export interface ConnectionLimit {
  /** Infinity: the relay has refused none. */
  most: number;
  /** One more may be tried from this time on. Milliseconds of the clock that `now` comes from. */
  moreAt: number;
  pause: number;
}

const firstPause = minute;
const longestPause = 30 * minute;

export const noLimit: ConnectionLimit = { most: Infinity, moreAt: Infinity, pause: firstPause };

/** The limit after a refusal, with `standing` connections that the relay took. */
export function afterRefusal(limit: ConnectionLimit, standing: number, now: number): ConnectionLimit {
  const most = Math.max(1, Math.min(standing, limit.most));
  const pause = most === limit.most ? Math.min(limit.pause * 2, longestPause) : firstPause;
  return { most, moreAt: now + pause, pause };
}

/** The limit after the relay took another connection: `standing` is their number now. */
export function afterOpening(limit: ConnectionLimit, standing: number, now: number): ConnectionLimit {
  return standing <= limit.most ? limit : { most: standing, moreAt: now + firstPause, pause: firstPause };
}

/** Connections that may be open now: with one more when it is time to try. */
export function allowedNow({ most, moreAt }: ConnectionLimit, now: number): number {
  return now >= moreAt ? most + 1 : most;
}

const tooMany =
  /(?:too many|maximum (?:number of )?|concurrent|simultaneous) ?(?:\w+ ){0,2}(?:connections?|sessions?|threads?)|connections? (?:count |rate )?limit|thread limit|connection count|trop de connexions/i;

/**
 * The reply asks for fewer connections at once. To a new connection any 421 does: the relay serves those that
 * stand.
 */
export function asksForFewer(handOver: HandOver): boolean {
  if (handOver.ended !== 'reply' || handOver.code < 400 || handOver.code >= 500) return false;
  return (handOver.stage === 'connect' && handOver.code === 421) || tooMany.test(handOver.reply);
}
