// Whether a request to subscribe may go on, given how many there are.
//
// 1. Each caller has a limit, with or without a challenge. So has each domain of addresses: a holder whose domain
//    accepts every address would get a confirmation for each that a program invents.
// 2. Requests with a solved challenge are counted separately from those without, for each newsletter and for
//    all. A flood without challenges leaves room for the others.
// 3. Without a challenge, a part of each limit is free (CHALLENGE_FROM). Beyond it a challenge is required. A
//    few forms pass without one, up to limits of their own, for readers whose browsers run no scripts. A
//    newsletter may always require one, or never (challenge-mode.ts).
import type { Allowance, SubscribeLimits } from '../config/limits.js';
import type { Judged } from './challenge.js';
import type { ChallengeMode } from './challenge-mode.js';
import { holderDomain } from './mailbox-domain.js';
import { callerKey, isThisMachine, type Count, type Counts } from '../rates/counts.js';

export type Limit = 'caller-limit' | 'newsletter-limit' | 'domain-limit' | 'all-limit';

export type Admission =
  /** `unproven`: the request passed without the required challenge. */
  | { admitted: true; unproven: boolean }
  | { admitted: false; because: Limit; retryAfter: number }
  | { admitted: false; because: 'challenge-required' };

interface Deps {
  counts: Counts;
  subscribeLimits: SubscribeLimits;
}

const keys = {
  caller: (ip: string) => `subscribe:${callerKey(ip)}`,
  newsletter: (id: string, proven: boolean) => `subscribe-newsletter${proven ? '-proven' : ''}:${id}`,
  domain: (domain: string) => `subscribe-domain:${domain}`,
  all: (proven: boolean) => `subscribe-all${proven ? '-proven' : ''}`,
  unprovenCaller: (ip: string) => `subscribe-unproven:${callerKey(ip)}`,
  unproven: 'subscribe-unproven-all',
};

/** The part of a limit that is free for requests without a solved challenge. */
function freeOf(
  { times }: Allowance,
  { challenge, challengeFrom }: { challenge: ChallengeMode; challengeFrom: number },
): number {
  if (challenge === 'off') return times;
  return challenge === 'always' ? 0 : Math.floor((times * challengeFrom) / 100);
}

/** Counts a caller's request. Requests from this machine count only towards the limits for all. */
export async function countCaller(
  { counts, subscribeLimits: { perCaller } }: Deps,
  ip: string,
): Promise<{ asked: number; retryAfter: number | undefined }> {
  if (isThisMachine(ip)) return { asked: 0, retryAfter: undefined };
  const { count, secondsLeft } = await counts.add(keys.caller(ip), perCaller);
  return { asked: count, retryAfter: count > perCaller.times ? Math.max(1, secondsLeft) : undefined };
}

const over = (because: Limit, { secondsLeft }: Count): Admission => ({
  admitted: false,
  because,
  retryAfter: Math.max(1, secondsLeft),
});

/** Judges a request after `countCaller`; `asked` is the caller's count. */
export async function admit(
  { counts, subscribeLimits }: Deps,
  request: {
    newsletterIds: readonly string[];
    challenge: ChallengeMode;
    ip: string;
    /** The domain of the reader's address. */
    domain: string;
    asked: number;
    proof: Judged;
    isForm: boolean;
  },
): Promise<Admission> {
  const { newsletterIds, challenge, ip, asked, isForm } = request;
  const forDomain = await countDomain({ counts, subscribeLimits }, request.domain);
  if (forDomain !== undefined && forDomain.count > subscribeLimits.perDomain.times)
    return over('domain-limit', forDomain);
  const { perCaller, perNewsletter, all, challengeFrom } = subscribeLimits;
  const proven = request.proof.ok;
  const free = (limit: Allowance) => (proven ? limit.times : freeOf(limit, { challenge, challengeFrom }));
  const needsProof = !proven && challenge !== 'off';
  if (!needsProof || asked <= free(perCaller)) {
    const [forAll, ...forEach] = await Promise.all([
      counts.add(keys.all(proven), all),
      ...newsletterIds.map((id) => counts.add(keys.newsletter(id, proven), perNewsletter)),
    ]);
    const busy = forEach.find(({ count }) => count > free(perNewsletter));
    if (!busy && forAll.count <= free(all)) return { admitted: true, unproven: false };
    if (!needsProof) return busy ? over('newsletter-limit', busy) : over('all-limit', forAll);
  }
  return isForm && (await passesUnproven({ counts, subscribeLimits }, ip))
    ? { admitted: true, unproven: true }
    : { admitted: false, because: 'challenge-required' };
}

/** Undefined for a provider of mailboxes for everybody. */
async function countDomain(
  { counts, subscribeLimits: { perDomain } }: Deps,
  domain: string,
): Promise<Count | undefined> {
  const holder = holderDomain(domain);
  return holder === undefined ? undefined : counts.add(keys.domain(holder), perDomain);
}

async function passesUnproven({ counts, subscribeLimits }: Deps, ip: string): Promise<boolean> {
  const { unprovenPerCaller, unproven } = subscribeLimits;
  const own = isThisMachine(ip) ? undefined : await counts.add(keys.unprovenCaller(ip), unprovenPerCaller);
  if (own !== undefined && own.count > unprovenPerCaller.times) return false;
  return (await counts.add(keys.unproven, unproven)).count <= unproven.times;
}

/** Whether this caller would need a solved challenge now. Counts nothing. */
export async function wantsChallenge(
  { counts, subscribeLimits }: Deps,
  { newsletterId, challenge, ip }: { newsletterId: string; challenge: ChallengeMode; ip: string },
): Promise<boolean> {
  const { perCaller, perNewsletter, all, challengeFrom } = subscribeLimits;
  if (challenge !== 'auto') return challenge === 'always';
  const wanted: [key: string, limit: Allowance][] = [
    [keys.caller(ip), perCaller],
    [keys.newsletter(newsletterId, false), perNewsletter],
    [keys.all(false), all],
  ];
  const now = await counts.look(wanted.map(([key]) => key));
  return wanted.some(([key, limit]) => (now.get(key) ?? 0) >= freeOf(limit, { challenge, challengeFrom }));
}
