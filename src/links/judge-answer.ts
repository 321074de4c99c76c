// Judges a link by the answer to it. Pure.
import type { Message } from '../languages/messages.js';
import type { FetchFailure } from '../outbound/fetch-failure.js';

export type LinkVerdict =
  | { verdict: 'alive' }
  /** The site rejects programs, or limits us: a reader may still get through. */
  | { verdict: 'unclear' }
  /** `maybeLater`: the link should be checked once more. */
  | { verdict: 'silent'; reason: Message; maybeLater: boolean };

// 401 and 402 want a sign-in or a payment, 403, 406 and 999 reject robots, 405 rejects GET, 429 limits us
// alone, and 451 depends on the country.
const keepsOut = new Set([401, 402, 403, 405, 406, 407, 429, 451, 999]);

export function judgeStatus(status: number): LinkVerdict {
  if (status < 400) return { verdict: 'alive' };
  if (keepsOut.has(status)) return { verdict: 'unclear' };
  return silent(whyDead(status), status >= 500);
}

function whyDead(status: number): Message {
  if (status === 404) return { key: 'issue.deadMissing' };
  if (status === 410) return { key: 'issue.deadRemoved' };
  return { key: status >= 500 ? 'issue.deadError' : 'issue.deadRefused', args: { status: String(status) } };
}

const silent = (reason: Message, maybeLater: boolean): LinkVerdict => ({
  verdict: 'silent',
  reason,
  maybeLater,
});

export function judgeFailure({ code, reason }: Pick<FetchFailure, 'code' | 'reason'>): LinkVerdict {
  return code === 'private'
    ? silent({ key: 'issue.deadPrivate' }, false)
    : silent(reason, ['timeout', 'connection', 'name'].includes(code));
}
