// What a hand-over's end means for the delivery. Pure.
//
// The reply decides, and when it came: before the final dot, after it, never. Nodemailer's error codes are only the
// fallback for what has no reply.
import { throttledBy } from './throttle-replies.js';

/** How far the conversation was: `message` is everything after the relay said 354. */
export type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message';

/** The end of one hand-over, as the connection saw it. */
export type HandOver =
  | { ended: 'accepted'; relay: string; code: number; reply: string }
  | { ended: 'reply'; relay: string; stage: Stage; code: number; reply: string }
  /** The connection ended without a reply to the last command; `error` in words. */
  | { ended: 'lost'; relay: string; stage: Stage; error: string }
  /** We refused to hand it over: the address or the message does not fit the relay. */
  | { ended: 'unfit'; relay: string; error: string };

export type Outcome =
  | { outcome: 'accepted' }
  /** Try this reader again later (RFC 5321 section 4.5.4.1). */
  | { outcome: 'deferred' }
  | { outcome: 'refused'; reason: 'permanent' | 'unfit' }
  /** The relay may have taken it. No machine sends it again. */
  | { outcome: 'uncertain' }
  /** The relay cannot take anything now; says nothing of this reader, who stays queued. */
  | { outcome: 'relay-trouble' };

/** Decides the outcome of a hand-over (RFC 5321 sections 3.8, 4.2.1 and 4.2.5). */
export function decideOutcome(handOver: HandOver): Outcome {
  switch (handOver.ended) {
    case 'accepted':
      return { outcome: 'accepted' };
    case 'unfit':
      return { outcome: 'refused', reason: 'unfit' };
    case 'lost':
      // RFC 5321 section 4.5.3.2.6: after the final dot only the reply says whose the message is.
      return { outcome: handOver.stage === 'message' ? 'uncertain' : 'relay-trouble' };
    case 'reply': {
      const { code, stage } = handOver;
      const throttled = throttledBy(handOver);
      if (throttled !== undefined) return { outcome: throttled === 'domain' ? 'deferred' : 'relay-trouble' };
      // 421: "service not available, closing transmission channel", at any stage and about nobody.
      if (code === 421) return { outcome: 'relay-trouble' };
      // Greeting and AUTH come before any reader is named; 530 and 535 ask for authentication (RFC 4954).
      if (stage === 'connect' || stage === 'auth' || code === 530 || code === 535)
        return { outcome: 'relay-trouble' };
      if (code >= 400 && code < 500) return { outcome: 'deferred' };
      if (code >= 500 && code < 600) return { outcome: 'refused', reason: 'permanent' };
      // Not SMTP. After the dot it may have been taken; before it, certainly not.
      return { outcome: stage === 'message' ? 'uncertain' : 'relay-trouble' };
    }
  }
}
