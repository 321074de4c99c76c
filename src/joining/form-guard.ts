// The protection of our own forms against bots: a stamp of when they were shown, and the URL for a challenge.
import type { SubscribeLimits } from '../config/limits.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { strictest } from './challenge-mode.js';
import { ageOfStamp, makeStamp } from './form-stamp.js';

export interface FormGuard {
  stamp: string;
  /** The URL for a challenge. */
  challenge?: string;
}

interface Deps {
  secrets: Secrets;
  now: () => Date;
  subscribeLimits: Pick<SubscribeLimits, 'challenge'>;
}

export type GuardForm = (
  newsletters: readonly [GuardedNewsletter, ...GuardedNewsletter[]],
  typed?: Readonly<Record<string, unknown>>,
) => FormGuard;

type GuardedNewsletter = Pick<Newsletter, 'slug' | 'challenge'>;

/** A form that is shown again, with the input `typed`, keeps its stamp: it has been open long enough. */
export function openFormGuard({ secrets, now, subscribeLimits }: Deps): GuardForm {
  const key = secrets.derive('form-stamps');
  return (newsletters, typed = {}) => {
    const { stamp } = typed;
    const known = typeof stamp === 'string' && ageOfStamp(key, stamp, now()) !== undefined;
    const { newsletter, challenge } = strictest(newsletters, subscribeLimits);
    return {
      stamp: known ? stamp : makeStamp(key, now()),
      ...(challenge === 'off' ? {} : { challenge: `/n/${newsletter.slug}/challenge?if=wanted` }),
    };
  };
}
