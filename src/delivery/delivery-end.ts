// The values that are recorded for a delivery after its hand-over. Pure.
import { concernsNoReader, decideOutcome, type HandOver } from '../mail/outcome.js';
import { nextTry } from '../retry.js';
import type { Claimed, Recorded } from './store-turn.js';

/** The relay's name where no relay heard anything. */
export const noRelay = '';

/**
 * The reader may be the cause of the relay's trouble. Up to MAIL the relay knows no reader, and some replies
 * speak of our account there, such as of a daily quota.
 */
const wasNamed = (handOver: HandOver): boolean =>
  'stage' in handOver && ['rcpt', 'data', 'message'].includes(handOver.stage) && !concernsNoReader(handOver);

/**
 * A reader with whom a relay was in trouble more than once may be the reason: an address that a filter breaks
 * on. Such a delivery is deferred like any other, and counts nothing against the relay: all other readers
 * continue.
 */
export function isOwnTrouble({ attempts }: Pick<Claimed, 'attempts'>, handOver: HandOver): boolean {
  return attempts > 1 && wasNamed(handOver) && decideOutcome(handOver).outcome === 'relay-trouble';
}

/** `random` is from 0 to 1 and spreads the next tries. Without `retryUntil` nothing is tried again. */
export function endOf(
  claimed: Claimed,
  handOver: HandOver,
  { now, retryUntil, random }: { now: Date; retryUntil: Date | null; random: number },
): Recorded {
  const outcome = decideOutcome(handOver);
  const recorded = {
    subscriberId: claimed.subscriberId,
    attempt: claimed.attempts,
    dueAt: null,
    relay: handOver.relay,
    stage: 'stage' in handOver ? handOver.stage : 'message',
    code: 'code' in handOver ? handOver.code : null,
    reply: 'reply' in handOver ? handOver.reply : handOver.error,
    reason: null,
  };
  switch (outcome.outcome) {
    case 'accepted':
      return { ...recorded, state: 'accepted', relayId: 'id' in handOver ? (handOver.id ?? null) : null };
    case 'uncertain':
      return { ...recorded, state: 'uncertain', reason: 'no-reply' };
    case 'refused':
      return { ...recorded, state: 'refused', reason: outcome.reason };
    case 'relay-trouble':
      if (isOwnTrouble(claimed, handOver)) return deferred();
      // Tried again at once. With a reason the try counts.
      return { ...recorded, state: 'queued', reason: wasNamed(handOver) ? 'relay-trouble' : null };
    case 'deferred':
      return deferred();
  }

  function deferred(): Recorded {
    const dueAt = nextTry(claimed.attempts, now, retryUntil ?? now, random);
    return dueAt
      ? { ...recorded, state: 'deferred', dueAt }
      : { ...recorded, state: 'refused', reason: 'expired' };
  }
}
