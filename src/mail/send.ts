// Single messages: confirmations, tests. Digests go through src/delivery.
import { randomUUID } from 'node:crypto';
import { assemble, automaticHeaders, compose, toData } from './compose.js';
import type { Signer } from './dkim.js';
import { decideOutcome, type HandOver, type Outcome } from './outcome.js';
import type { Relay } from './relay.js';

export interface SingleMessage {
  from: { name: string; address: string };
  replyTo?: string | undefined;
  to: string;
  subject: string;
  html: string;
  text: string;
  headers?: Record<string, string>;
}

export interface Mailer {
  /** Hands one message over. Never throws for what a relay says: the outcome tells, `handOver` has its words. */
  send(message: SingleMessage): Promise<{ outcome: Outcome; handOver: HandOver }>;
}

export function createMailer(deps: { relay: Relay; now: () => Date; signer?: Signer | undefined }): Mailer {
  return {
    async send({ to, from, ...content }) {
      const composed = await compose({
        ...content,
        from,
        date: deps.now(),
        headers: { ...automaticHeaders, ...content.headers },
      });
      const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
      const seal = deps.relay.wantsDkim ? deps.signer?.prepare(from.address, composed.headers) : undefined;
      const message = assemble(composed, to, `<${randomUUID()}@${domain}>`, seal);
      const handOver = await deps.relay.handOver({ from: from.address, to }, toData(message));
      return { outcome: decideOutcome(handOver), handOver };
    },
  };
}
