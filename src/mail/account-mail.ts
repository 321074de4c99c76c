// Pure. The mails to the accounts (feeds, reviews, a hold) have an outbox each; what they make of a relay's answer is one.
import type { HandOver, Outcome } from './outcome.js';

/** A claim of a mail lasts as long: whatever dies meanwhile leaves it to the next. */
export const accountMailClaimMinutes = 10;
/** Until a relay that put a mail off is asked again. */
export const accountMailRetryMinutes = 5;
/** An hour of those; then the mail counts as refused. */
const tries = 12;

export interface AccountMailEnd {
  /** An uncertain one counts as sent: one mail too few is better here than the same one every five minutes. */
  ended: 'sent' | 'refused' | 'later';
  /** What the relay said last, or what went wrong. */
  reply: string;
}

/** What became of a mail that was handed over for the `attempts`th time. */
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
