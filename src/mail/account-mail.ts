// What a relay's answer means for a mail to an account. All outboxes of such mails (feeds, reviews, a hold)
// use it. Pure.
import type { HandOver, Outcome } from './outcome.js';

/** A claim on a mail ends after this time, so that another worker takes over from a dead one. */
export const accountMailClaimMinutes = 10;
/** The pause before a deferred mail is tried again. */
export const accountMailRetryMinutes = 5;
/** Twelve attempts are an hour. Then the mail counts as refused. */
const tries = 12;

export interface AccountMailEnd {
  /** An uncertain mail counts as sent: one mail too few is better than the same mail every five minutes. */
  ended: 'sent' | 'refused' | 'later';
  /** The relay's last reply, or the error. */
  reply: string;
}

/** Decides how the hand-over number `attempts` of a mail ended. */
export function accountMailEnd(
  { outcome: { outcome }, handOver }: { outcome: Outcome; handOver: HandOver },
  attempts: number,
): AccountMailEnd {
  const isPutOff = outcome === 'deferred' || outcome === 'relay-trouble';
  const wasTaken = outcome === 'accepted' || outcome === 'uncertain';
  return {
    ended: isPutOff && attempts < tries ? 'later' : wasTaken ? 'sent' : 'refused',
    reply: 'reply' in handOver ? handOver.reply : handOver.error,
  };
}
