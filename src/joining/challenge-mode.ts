// Whether a newsletter's readers must solve a challenge. The newsletter's setting comes before the
// operator's. Pure.
import { challengeModes, type SubscribeLimits } from '../config/limits.js';
import type { Newsletter } from '../newsletters/schema.js';

export type ChallengeMode = (typeof challengeModes)[number];

type Setting = Pick<Newsletter, 'challenge'>;

/** The newsletter with the strictest setting among those of one form, and that setting. */
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
