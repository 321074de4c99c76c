// When a mail to an account is due again, and how a try ended. Pure.
import { minute } from '../durations.js';
import type { HandOver, Outcome } from '../mail/outcome.js';

const claimTime = 10 * minute;
const retryTime = 5 * minute;
/** After an hour of retries, the mail counts as refused. */
const tries = 12;

/** The claim of a mail ends then: if the worker has died, another one takes the mail. */
export function claimedUntil(now: Date): Date {
  return new Date(now.getTime() + claimTime);
}

/** When to try again after the relay deferred a mail. */
export function retryAt(now: Date): Date {
  return new Date(now.getTime() + retryTime);
}

export interface AccountMailEnd {
  /** An uncertain mail counts as sent: one mail too few does less harm than the same mail every five minutes. */
  ended: 'sent' | 'refused' | 'later';
  /** The relay's last reply, or what went wrong. */
  reply: string;
}

/** How the `attempts`th try of a mail ended. */
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
