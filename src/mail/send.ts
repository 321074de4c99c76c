// Sends single messages, such as confirmations and tests. Digests go through src/delivery.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fillHoles, automaticHeaders, compose, toData } from './compose.js';
import type { Signer } from './dkim.js';
import { decideOutcome, unfitHere, type HandOver, type Outcome, type Unfit } from './outcome.js';
import type { Relay } from './relay.js';
import type { Relays } from './relays.js';

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
  /** Hands over one message. A relay's refusal does not throw: see `outcome`; `handOver` holds the reply. */
  send(message: SingleMessage): Promise<{ outcome: Outcome; handOver: HandOver }>;
}

export function createMailer(deps: {
  relays: Pick<Relays, 'requestPermit' | 'lastTrouble' | 'circuits'>;
  now: () => Date;
  signer?: Signer | undefined;
}): Mailer {
  const { relays, now, signer } = deps;

  /** Tries each relay once, until one is not in trouble and supports the address. */
  async function handOver(
    envelope: { from: string; to: string },
    dataFor: (signed: boolean) => Buffer,
  ): Promise<HandOver> {
    const tried = new Set<Relay>();
    let unfit: Unfit | undefined;
    for (;;) {
      const permit = await relays.requestPermit({ single: true, without: tried });
      if (permit === undefined)
        return unfit === undefined
          ? (relays.lastTrouble() ?? nobodyThere)
          : unfitHere(unfit, relays.circuits());
      if ('wait' in permit) {
        await delay(permit.wait);
        continue;
      }
      tried.add(permit.relay);
      const handOvers: HandOver[] = [];
      try {
        const ended = await permit.relay.handOver(envelope, dataFor(permit.relay.wantsDkim));
        handOvers.push(ended);
        if (ended.ended === 'unfit' && ended.lacks !== undefined) unfit = ended;
        else if (decideOutcome(ended).outcome !== 'relay-trouble') return ended;
      } finally {
        permit.ended(handOvers);
      }
    }
  }

  return {
    async send({ to, from, ...content }) {
      const composed = await compose({
        ...content,
        from,
        date: now(),
        headers: { ...automaticHeaders, ...content.headers },
      });
      const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
      const id = `<${randomUUID()}@${domain}>`;
      const ended = await handOver({ from: from.address, to }, (signed) => {
        const seal = signed ? signer?.prepare(from.address, composed.headers) : undefined;
        return toData(fillHoles(composed, to, id, seal));
      });
      return { outcome: decideOutcome(ended), handOver: ended };
    },
  };
}

const nobodyThere: HandOver = {
  ended: 'lost',
  relay: '',
  stage: 'connect',
  error: 'every relay is in trouble',
};
