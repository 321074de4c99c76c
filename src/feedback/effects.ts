// What each kind of feedback does to the delivery and to its reader. Pure.
import type { FeedbackKind } from './read-mail.js';

export interface Effect {
  /** The state of the delivery. Undefined: it stays. */
  delivery?: 'bounced' | 'complained';
  /**
   *   suppress   the address does not exist
   *   point      five such days in thirty, without an acceptance between, suppress the reader
   *   complaint  suppressed for good, in all newsletters
   */
  reader?: 'suppress' | 'point' | 'complaint';
}

/** `forwarded`: the address that failed is not the reader's, so it proves less. */
export function effectOf(kind: FeedbackKind, forwarded: boolean): Effect {
  switch (kind) {
    case 'hard':
      return { delivery: 'bounced', reader: forwarded ? 'point' : 'suppress' };
    case 'full':
    case 'unavailable':
      return { delivery: 'bounced', reader: 'point' };
    case 'policy':
    case 'content':
    case 'size':
    case 'auth':
    case 'unknown':
      return { delivery: 'bounced' };
    case 'complaint':
      return { delivery: 'complained', reader: 'complaint' };
    case 'throttled':
    case 'auto':
    case 'note':
    case 'unsubscribe':
    case 'none':
      return {};
  }
}

/** Days in which points count, and the points that suppress. */
export const pointDays = 30;
export const enoughPoints = 5;
/** Days after which a token names nothing any more. */
export const tokenDays = 30;
