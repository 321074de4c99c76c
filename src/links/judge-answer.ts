// Judges a link by the answer to it. Pure.
import type { FetchFailure } from '../outbound/fetch-failure.js';

export type LinkVerdict =
  | { verdict: 'alive' }
  /** The site rejects programs, or limits us: a reader may still get through. */
  | { verdict: 'unclear' }
  /** `reason` is in words; `maybeLater`: the link should be checked once more. */
  | { verdict: 'silent'; reason: string; maybeLater: boolean };

// 401 and 402 want a sign-in or a payment, 403, 406 and 999 reject robots, 405 rejects GET, 429 limits us
// alone, and 451 depends on the country.
const keepsOut = new Set([401, 402, 403, 405, 406, 407, 429, 451, 999]);

export function judgeStatus(status: number): LinkVerdict {
  if (status < 400) return { verdict: 'alive' };
  if (keepsOut.has(status)) return { verdict: 'unclear' };
  if (status === 404)
    return { verdict: 'silent', reason: 'The page does not exist (404)', maybeLater: false };
  if (status === 410)
    return { verdict: 'silent', reason: 'The page has been removed (410)', maybeLater: false };
  return {
    verdict: 'silent',
    reason: status >= 500 ? `The site has an error (${status})` : `The site refuses the request (${status})`,
    maybeLater: status >= 500,
  };
}

export function judgeFailure({ code, detail }: Pick<FetchFailure, 'code' | 'detail'>): LinkVerdict {
  if (code === 'private')
    return { verdict: 'silent', reason: 'The link leads into a private network', maybeLater: false };
  return { verdict: 'silent', reason: detail, maybeLater: ['timeout', 'connection', 'name'].includes(code) };
}
