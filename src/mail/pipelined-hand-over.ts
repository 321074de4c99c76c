// One message on a connection whose commands are pipelined: what the relay's replies mean, and what is known if the
// connection ends now.
import type { RelayConfig } from '../config/relays.js';
import { inWords, SaidError } from '../languages/said-error.js';
import type { HandOver, Stage } from './outcome.js';
import type { Opening, PipelinedSession } from './pipelined-session.js';
import { codeOf, tidy, words, type SmtpError } from './smtp-error.js';

/** The error of a relay that answered DATA with something other than 354. */
export const unexpected = (said: string): SmtpError =>
  Object.assign(new SaidError({ key: 'handOver.not354', args: { reply: tidy(said) } }), { command: 'DATA' });

/** A message that waits for a connection. */
export interface Waiting {
  envelope: { from: string; to: string };
  /** Bytes. */
  size: number;
}

/** Failures in a row after which a relay gets nothing behind a text. */
const failuresAtMost = 3;

/** Whether a relay takes commands behind a text. Some discard them, and some mix up the replies. */
export class PipelineTrust {
  /** A first message behind a text has gone well. */
  isProven = false;
  #failures = 0;
  readonly #onLost: () => void;

  /** `onLost`: called when the trust ends, so that an operator learns of it. */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  get mayTry(): boolean {
    return this.#failures < failuresAtMost;
  }

  wentWell(): void {
    this.isProven = true;
    this.#failures = 0;
  }

  failed(): void {
    this.isProven = false;
    this.#failures += 1;
    // Other connections may fail behind the last one that counts.
    if (this.#failures === failuresAtMost) this.#onLost();
  }
}

/** How a message ended. With `broken`, the connection can carry no other. */
export interface EndOfMessage {
  handOver: HandOver;
  broken?: Error;
}

export interface TextToSend {
  data: Buffer;
  /** False: the connection has ended, or was ended because this process may not begin the text. */
  mayBegin: () => Promise<boolean>;
  /** Called when the relay has asked for the text. */
  onAsked: () => void;
  /** Called when the relay has answered the text, and must answer what went behind it. */
  onAnswered: () => void;
  /** Called when the text is out, and commands may go behind it (goesBefore). */
  onOut: () => void;
}

const commandsOf: readonly Stage[] = ['mail', 'rcpt', 'data'];
const outOfStep = { key: 'handOver.outOfStep' } as const;

export class PipelinedHandOver {
  readonly #session: PipelinedSession;
  readonly #opening: Opening;
  readonly #config: RelayConfig;
  readonly #trust: PipelineTrust | undefined;
  /** 'begun': the relay may have a part of the text. 'out': the socket has all of it, with the final dot. */
  #progress: 'waiting' | 'begun' | 'out' = 'waiting';
  /** The reply to the text, and whether it came before all of the text was out. */
  #answer: { reply: string; isEarly: boolean } | undefined;
  #next: PipelinedHandOver | undefined;
  #isTold = false;

  /** `opening`: its commands are out; with `trust`, behind another message's text. */
  constructor(
    config: RelayConfig,
    {
      session,
      opening,
      trust,
    }: { session: PipelinedSession; opening: Opening; trust?: PipelineTrust | undefined },
  ) {
    this.#config = config;
    this.#session = session;
    this.#opening = opening;
    this.#trust = trust;
  }

  /** Never throws, and never resolves if the connection ends first: then `lost` tells how the message ended. */
  async send(sending: TextToSend): Promise<EndOfMessage> {
    await this.#opening.settled;
    this.#tell(!this.isOutOfStep);
    const refused = await this.#refusal();
    if (refused) return refused;
    sending.onAsked();
    if (!(await sending.mayBegin())) return this.#broken('data', new SaidError({ key: 'handOver.ended' }));
    this.#progress = 'begun';
    await this.#sendText(sending);
    sending.onAnswered();
    await this.#untilTrusted();
    return this.#answered();
  }

  /** Whether the relay is to answer the text, and no commands went behind it. */
  get hasRoomBehind(): boolean {
    return this.#progress === 'out' && this.#answer === undefined && this.#next === undefined;
  }

  /** The commands of `next` went behind this text. */
  goesBefore(next: PipelinedHandOver): void {
    this.#next = next;
  }

  /** How the message ended if the connection ends now. */
  lost(error: SmtpError): HandOver {
    if (this.#answer) {
      // The relay has read the text, and nothing of what went behind it.
      const next = this.#next;
      if (next && next.#opening.replies.length === 0) next.#tell(false);
      return this.#answered().handOver;
    }
    if (this.#progress === 'waiting') this.#tell(false);
    const waitsFor = commandsOf[this.#opening.replies.length] ?? 'data';
    // Without the dot there is no message (RFC 5321 section 4.1.1.4): nothing is uncertain yet.
    const stage = { waiting: waitsFor, begun: 'data' as const, out: 'message' as const }[this.#progress];
    return { ended: 'lost', relay: this.#config.name, stage, ...inWords(words(this.#config, error)) };
  }

  /** 354 answers DATA only, and DATA gets nothing else that is good. */
  get isOutOfStep(): boolean {
    const [mail = '', rcpt = '', data = ''] = this.#opening.replies;
    return mail.startsWith('3') || rcpt.startsWith('3') || data.startsWith('2');
  }

  /** The first reply that is not the one that is due decides. Undefined: the relay asked for the text. */
  async #refusal(): Promise<EndOfMessage | undefined> {
    const { replies } = this.#opening;
    const at = replies.findIndex((reply, index) => !reply.startsWith(index === 2 ? '354' : '2'));
    if (at === -1) return undefined;
    const [stage, reply] = [commandsOf[at] ?? 'data', replies[at] ?? ''];
    const asked = replies[2]?.startsWith('354') === true;
    // It asked for a text that has nobody to go to. Without a sender it cannot be trusted with an empty one either.
    if (asked && stage === 'rcpt') await this.#session.ask('.');
    if (stage === 'data' && reply.startsWith('2')) return this.#broken(stage, unexpected(reply));
    const ended = this.#judge(stage, reply);
    return asked && stage === 'mail' ? { ...ended, broken: new SaidError(outOfStep) } : ended;
  }

  /** Resolves with the answer, which is noted at once: the connection may end behind it. */
  #sendText({ data, onOut }: TextToSend): Promise<void> {
    return new Promise((resolve) => {
      void this.#session.sendText(data, {
        onOut: () => (this.#progress = 'out'),
        onReply: (reply) => {
          this.#answer = { reply, isEarly: this.#progress !== 'out' };
          resolve();
        },
        behind: onOut,
      });
    });
  }

  /**
   * A relay that answers the next message's commands before this text would have its "250" taken for this one's. Until
   * a relay has kept the order once, the replies behind are waited for.
   */
  async #untilTrusted(): Promise<void> {
    const next = this.#next;
    const isLast = this.#answer?.reply.startsWith('421');
    if (next && !next.#trust?.isProven && !isLast) await next.#opening.settled;
  }

  /** Tells once whether the relay took these commands behind a text. */
  #tell(wentWell: boolean): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (wentWell) this.#trust?.wentWell();
    else this.#trust?.failed();
  }

  /** What the answer to the text means. */
  #answered(): EndOfMessage {
    const { reply, isEarly } = this.#answer ?? { reply: '', isEarly: true };
    if (this.#next?.isOutOfStep) {
      this.#next.#tell(false);
      return this.#broken('message', new SaidError(outOfStep));
    }
    if (!isEarly) return this.#judge('message', reply);
    // The relay has only a part of the text. If it accepted that, it may deliver it or not.
    const early = new SaidError({ key: 'handOver.early', args: { reply: tidy(reply) } });
    return reply.startsWith('2')
      ? this.#broken('message', early)
      : { ...this.#judge('message', reply), broken: early };
  }

  #judge(stage: Stage, reply: string): EndOfMessage {
    const relay = this.#config.name;
    const code = codeOf({ name: '', message: '', response: reply });
    const text = tidy(reply);
    if (code === undefined)
      return this.#broken(stage, new SaidError({ key: 'handOver.noCode', args: { reply: text } }));
    if (stage === 'message' && code < 300)
      return { handOver: { ended: 'accepted', relay, code, reply: text } };
    const handOver: HandOver = { ended: 'reply', relay, stage, code, reply: text };
    return code < 400 ? { handOver, broken: new SaidError(outOfStep) } : { handOver };
  }

  #broken(stage: Stage, error: Error): EndOfMessage {
    return {
      handOver: {
        ended: 'lost',
        relay: this.#config.name,
        stage,
        ...inWords(words(this.#config, error)),
      },
      broken: error,
    };
  }
}
