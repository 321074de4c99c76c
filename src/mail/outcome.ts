// What the end of a hand-over means for the delivery. Pure.
//
// The relay's reply decides, together with its moment: before the final dot, after it, or never. Nodemailer's
// error codes count only where there is no reply.
import type { Message } from '../languages/messages.js';
import { classify } from './classify.js';
import type { ReplyKind } from './reply-row.js';

/** How far the conversation got. `message`: after the relay's 354 reply to DATA. */
export type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message';

/** The end of one hand-over, as the connection saw it. */
export type HandOver =
  | {
      ended: 'accepted';
      relay: string;
      code: number;
      reply: string;
      /** The relay's id of the message, if it reports by webhook and the reply has one. */
      id?: string | undefined;
    }
  | {
      ended: 'reply';
      relay: string;
      stage: Stage;
      code: number;
      reply: string;
      /**
       * The reply is the relay's own, whatever its words say: readers at many domains got it (same-reply.ts),
       * or it asks for fewer connections, which it now gets (connection-limit.ts).
       */
      relayWide?: 'many-domains' | 'connections';
    }
  /** The connection ended without a reply to the last command. */
  /** `said`: the error as a message, if it is in our words. */
  /** `again`: the relay has no message and said nothing about it. It is to go over another connection. */
  | { ended: 'lost'; relay: string; stage: Stage; error: string; said?: Message; again?: true }
  /** We did not hand it over: the relay does not support the address or the message. */
  | {
      ended: 'unfit';
      relay: string;
      error: string;
      said?: Message;
      /** The extension that the address needs, and that another relay may have. */
      lacks?: 'SMTPUTF8';
      /** Another relay may have it, and takes nothing now. */
      maybeElsewhere?: true;
    };

export type Unfit = Extract<HandOver, { ended: 'unfit' }>;

/** The end for an address that no relay took for lack of an extension. A relay in trouble may have it. */
export function unfitHere(unfit: Unfit, circuits: Record<string, 'closed' | 'open' | 'half-open'>): Unfit {
  const mayHave = Object.entries(circuits).some(
    ([relay, state]) => relay !== unfit.relay && state !== 'closed',
  );
  return mayHave ? { ...unfit, maybeElsewhere: true } : unfit;
}

/** `permanent`: refused for good, and the reply does not tell why. `unfit`: we did not hand it over. */
export type Refusal = Exclude<ReplyKind, 'unknown' | 'auth' | 'throttled'> | 'permanent' | 'unfit';

export type Outcome =
  | { outcome: 'accepted' }
  /** Try this reader again later (RFC 5321 section 4.5.4.1). */
  | { outcome: 'deferred' }
  | { outcome: 'refused'; reason: Refusal }
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
      return handOver.maybeElsewhere ? { outcome: 'deferred' } : { outcome: 'refused', reason: 'unfit' };
    case 'lost':
      // RFC 5321 section 4.5.3.2.6: after the final dot, only the reply tells who is responsible for the
      // message.
      return { outcome: handOver.stage === 'message' ? 'uncertain' : 'relay-trouble' };
    case 'reply':
      return outcomeOfReply(handOver);
  }
}

function outcomeOfReply(handOver: Extract<HandOver, { ended: 'reply' }>): Outcome {
  const { code, stage } = handOver;
  if (handOver.relayWide !== undefined) return { outcome: 'relay-trouble' };
  if (code >= 400 && code < 600) {
    const { kind, about } = classify(handOver);
    if (about === 'relay' || about === 'sender') return { outcome: 'relay-trouble' };
    if (code < 500) return { outcome: 'deferred' };
    return {
      outcome: 'refused',
      reason: kind === 'unknown' || kind === 'auth' || kind === 'throttled' ? 'permanent' : kind,
    };
  }
  // Not an SMTP code. The relay can have accepted the message only after the final dot.
  return { outcome: stage === 'message' ? 'uncertain' : 'relay-trouble' };
}

/** The reply speaks of the relay or of our account there, so no reader's address can be the cause. */
export function concernsNoReader(handOver: HandOver): boolean {
  if (handOver.ended !== 'reply' || handOver.code < 400) return false;
  if (handOver.relayWide !== undefined) return true;
  const { kind, about } = classify(handOver);
  return kind === 'throttled' && about === 'relay';
}
