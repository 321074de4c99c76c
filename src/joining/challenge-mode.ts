// Whether a newsletter's readers have to solve a challenge: as it says itself, else as the operator does. Pure.
import { challengeModes, type SubscribeLimits } from '../config/limits.js';
import type { Newsletter } from '../newsletters/schema.js';

export type ChallengeMode = (typeof challengeModes)[number];

type Setting = Pick<Newsletter, 'challenge'>;

/** Of newsletters that one form asks for, the one that wants the most, and what it wants. */
export function strictest<N extends Setting>(
  [first, ...others]: readonly [N, ...N[]],
  limits: Pick<SubscribeLimits, 'challenge'>,
): { newsletter: N; challenge: ChallengeMode } {
  const wantedBy = (newsletter: N) => ({ newsletter, challenge: newsletter.challenge ?? limits.challenge });
  const strictness = ({ challenge }: { challenge: ChallengeMode }) => challengeModes.indexOf(challenge);
  return others
    .map(wantedBy)
    .reduce((most, one) => (strictness(one) > strictness(most) ? one : most), wantedBy(first));
}
