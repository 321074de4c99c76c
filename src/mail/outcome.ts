// What the end of a hand-over means for the delivery. Pure.
//
// The relay's reply decides, together with its moment: before the final dot, after it, or never. Nodemailer's
// error codes count only where there is no reply.
import { throttledBy } from './throttle-replies.js';

/** How far the conversation got. `message`: after the relay's 354 reply to DATA. */
export type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message';

/** The end of one hand-over, as the connection saw it. */
export type HandOver =
  | { ended: 'accepted'; relay: string; code: number; reply: string }
  | { ended: 'reply'; relay: string; stage: Stage; code: number; reply: string }
  /** The connection ended without a reply to the last command. */
  | { ended: 'lost'; relay: string; stage: Stage; error: string }
  /** We did not hand it over: the relay does not support the address or the message. */
  | { ended: 'unfit'; relay: string; error: string };

export type Outcome =
  | { outcome: 'accepted' }
  /** Try this reader again later (RFC 5321 section 4.5.4.1). */
  | { outcome: 'deferred' }
  | { outcome: 'refused'; reason: 'permanent' | 'unfit' }
  /** The relay may have accepted the message. Only a person may send it again. */
  | { outcome: 'uncertain' }
  /** The relay accepts nothing now. This tells nothing about the reader, whose delivery stays queued. */
  | { outcome: 'relay-trouble' };

/** Decides the outcome of a hand-over (RFC 5321 sections 3.8, 4.2.1 and 4.2.5). */
export function decideOutcome(handOver: HandOver): Outcome {
  switch (handOver.ended) {
    case 'accepted':
      return { outcome: 'accepted' };
    case 'unfit':
      return { outcome: 'refused', reason: 'unfit' };
    case 'lost':
      // RFC 5321 section 4.5.3.2.6: after the final dot, only the reply tells who is responsible for the
      // message.
      return { outcome: handOver.stage === 'message' ? 'uncertain' : 'relay-trouble' };
    case 'reply': {
      const { code, stage } = handOver;
      const throttled = throttledBy(handOver);
      if (throttled !== undefined) return { outcome: throttled === 'domain' ? 'deferred' : 'relay-trouble' };
      // 421: "service not available, closing transmission channel". It may come at any stage and concerns no
      // reader.
      if (code === 421) return { outcome: 'relay-trouble' };
      // Greeting and AUTH precede the reader's address; 530 and 535 demand authentication (RFC 4954).
      if (stage === 'connect' || stage === 'auth' || code === 530 || code === 535)
        return { outcome: 'relay-trouble' };
      if (code >= 400 && code < 500) return { outcome: 'deferred' };
      if (code >= 500 && code < 600) return { outcome: 'refused', reason: 'permanent' };
      // Not an SMTP code. The relay can have accepted the message only after the final dot.
      return { outcome: stage === 'message' ? 'uncertain' : 'relay-trouble' };
    }
  }
}
