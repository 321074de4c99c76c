// Sends single messages, such as confirmations and tests. Digests go through src/delivery.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inWords } from '../languages/said-error.js';
import { fillHoles, automaticHeaders, compose, type Parts, toData } from './compose.js';
import { envelopeSender, type MailOrigin } from './verp.js';
import type { Keys } from '../secrets.js';
import type { Signer } from './dkim.js';
import { decideOutcome, unfitHere, type HandOver, type Outcome, type Unfit } from './outcome.js';
import type { Relay } from './relay.js';
import type { Relays } from './relays.js';
import { type CurrentSpan, inStep } from '../telemetry/trace.js';

export interface SingleMessage {
  /**
   * Names the mail in its envelope sender, so that a bounce tells which mail came back. Undefined: bounces
   * return to the address in From.
   */
  origin?: MailOrigin;
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
  send(message: SingleMessage): Promise<Sent>;
}

export interface ComposedMailer extends Mailer {
  /** The same for a composed message. `dataFor` makes its bytes, unsigned for a relay that signs itself. */
  sendComposed(envelope: MailEnvelope, dataFor: (signed: boolean) => Buffer | Parts): Promise<Sent>;
  /** Signs composed messages. */
  readonly signer?: Signer | undefined;
}

export interface Sent {
  outcome: Outcome;
  handOver: HandOver;
}

export interface MailEnvelope {
  origin: MailOrigin | undefined;
  /** The address in From. */
  from: string;
  to: string;
}

/** How envelope senders are made. */
export interface Envelopes {
  keys: Keys;
  /** Receives bounces; undefined: the domain of From. */
  domain: string | undefined;
}

export function createMailer(deps: {
  relays: Pick<Relays, 'requestPermit' | 'lastTrouble' | 'circuits'>;
  now: () => Date;
  signer?: Signer | undefined;
  /** Undefined: bounces return to the address in From. */
  envelopes?: Envelopes | undefined;
}): ComposedMailer {
  const { relays, now, signer, envelopes } = deps;

  /** Tries each relay once, until one is not in trouble and supports the address. */
  async function handOver(
    envelope: MailEnvelope,
    dataFor: (signed: boolean) => Buffer | Parts,
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
        const { relay } = permit;
        const ended = await relay.handOver(
          { from: senderFor(envelopes, envelope, relay), to: envelope.to },
          dataFor(relay.wantsDkim),
        );
        handOvers.push(ended);
        if (ended.ended === 'unfit' && ended.lacks !== undefined) unfit = ended;
        else if (decideOutcome(ended).outcome !== 'relay-trouble') return ended;
      } finally {
        permit.ended(handOvers);
      }
    }
  }

  const sendComposed: ComposedMailer['sendComposed'] = (envelope, dataFor) =>
    inMailSpan(envelope.origin, () => handOver(envelope, dataFor));

  return {
    signer,
    sendComposed,
    async send({ origin, to, from, ...content }) {
      const composed = await compose({
        ...content,
        from,
        date: now(),
        headers: { ...automaticHeaders, ...content.headers },
      });
      const id = `<${randomUUID()}@${domainOfAddress(from.address)}>`;
      return sendComposed({ origin, from: from.address, to }, (signed) => {
        const seal = signed ? signer?.prepare(from.address, composed.headers) : undefined;
        return toData(fillHoles(composed, to, id, seal));
      });
    },
  };
}

function inMailSpan(origin: MailOrigin | undefined, handOver: () => Promise<HandOver>): Promise<Sent> {
  const about = { 'digest.mail': origin?.kind ?? 'other' };
  const work = async (span: CurrentSpan): Promise<Sent> => {
    const ended = await handOver();
    const outcome = decideOutcome(ended);
    span.note({ 'digest.relay': ended.relay, 'digest.outcome': outcome.outcome });
    return { outcome, handOver: ended };
  };
  return inStep('hand over mail', about, work, 'client');
}

/** The envelope sender that this relay accepts for the mail. */
function senderFor(envelopes: Envelopes | undefined, { origin, from }: MailEnvelope, relay: Relay): string {
  if (envelopes === undefined || origin === undefined || !relay.wantsVerp) return from;
  return envelopeSender(envelopes.keys, origin, envelopes.domain ?? domainOfAddress(from));
}

const domainOfAddress = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

const nobodyThere: HandOver = {
  ended: 'lost',
  relay: '',
  stage: 'connect',
  ...inWords({ key: 'handOver.everyRelay' }),
};
