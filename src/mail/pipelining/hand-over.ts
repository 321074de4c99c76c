// One message on a connection whose commands are pipelined: what the relay's replies mean, and what is known if the
// connection ends now.
import type { RelayConfig } from '../../config/relays.js';
import { inWords, SaidError } from '../../languages/said-error.js';
import type { Parts } from '../compose.js';
import type { HandOver, Stage } from '../outcome.js';
import { codeOf, tidy, words, type SmtpError } from '../smtp-error.js';
import type { Opening, PipelinedSession } from './session.js';
import { isAboutAddress, isUnknownCommand, type TextForm } from './text-form.js';
import type { PipelineTrust } from './trust.js';

/** The error of a relay that answered DATA with something other than 354. */
export const unexpected = (said: string): SmtpError =>
  Object.assign(new SaidError({ key: 'handOver.not354', args: { reply: tidy(said) } }), { command: 'DATA' });

/** A message that waits for a connection. */
export interface Waiting {
  envelope: { from: string; to: string };
  /** In the form of toData. */
  data: Parts;
}

/** How a message ended. With `broken`, the connection can carry no other. */
export interface EndOfMessage {
  handOver: HandOver;
  broken?: Error;
}

export interface TextToSend {
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
  readonly #form: TextForm;
  readonly #config: RelayConfig;
  readonly #trust: PipelineTrust;
  /** 'begun': the relay may have a part of the text. 'out': the socket has all of it, with the final dot. */
  #progress: 'waiting' | 'begun' | 'out' = 'waiting';
  /** The reply to the text, and whether it came before all of the text was out. */
  #answer: { reply: string; isEarly: boolean } | undefined;
  /** Until the replies to these commands have come. */
  #before: PipelinedHandOver | undefined;
  #next: PipelinedHandOver | undefined;
  /** The trust knows whether the relay took these commands behind a text, and how the chunks ended. */
  readonly #isTold: { behind: boolean; chunks: boolean };

  /** `opening`: its commands are out, with what asks for a text in this form; with `before`, behind that one's text. */
  constructor(
    config: RelayConfig,
    {
      session,
      opening,
      form,
      trust,
      before,
    }: {
      session: PipelinedSession;
      opening: Opening;
      form: TextForm;
      trust: PipelineTrust;
      before?: PipelinedHandOver | undefined;
    },
  ) {
    this.#config = config;
    this.#session = session;
    this.#opening = opening;
    this.#form = form;
    this.#trust = trust;
    this.#before = before;
    this.#isTold = { behind: before === undefined, chunks: !form.isChunked };
  }

  /** Never throws, and never resolves if the connection ends first: then `lost` tells how the message ended. */
  async send(sending: TextToSend): Promise<EndOfMessage> {
    await this.#opening.settled;
    this.#tell(!this.isOutOfStep);
    const refused = await this.#refusal();
    this.#before = undefined;
    if (refused) {
      const { handOver, broken } = refused;
      const hasFailed = broken !== undefined && 'stage' in handOver && handOver.stage === 'data';
      this.#endChunks(hasFailed ? 'failed' : 'untold');
      return refused;
    }
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
    const isFree = this.#answer === undefined && this.#next === undefined && !this.#form.isTrial;
    return this.#progress === 'out' && isFree;
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
    this.#endChunks(stage === 'data' || stage === 'message' ? 'lost' : 'untold');
    return { ended: 'lost', relay: this.#config.name, stage, ...inWords(words(this.#config, error)) };
  }

  /** The connection ended before the text's turn. */
  abandon(): void {
    this.#endChunks('untold');
  }

  /** 354 answers DATA only, and a good reply lets the text go out. */
  get isOutOfStep(): boolean {
    const [mail = '', rcpt = '', asked = ''] = this.#opening.replies;
    return mail.startsWith('3') || rcpt.startsWith('3') || (/^[23]/.test(asked) && !this.#form.lets(asked));
  }

  /** The first reply that is not the one that is due decides. Undefined: the relay asked for the text. */
  async #refusal(): Promise<EndOfMessage | undefined> {
    const { replies } = this.#opening;
    const at = replies.findIndex((reply, index) =>
      index === 2 ? !this.#form.lets(reply) : !reply.startsWith('2'),
    );
    if (at === -1) return undefined;
    const [stage, reply] = [commandsOf[at] ?? 'data', replies[at] ?? ''];
    if (stage === 'mail' && isUnknownCommand(reply) && this.#isBehindRefusedChunk)
      return this.#again(stage, new SaidError(outOfStep));
    if (this.#form.isChunked) return this.#refusalOfChunk(stage, reply);
    if (stage === 'data' && reply.startsWith('2')) return this.#broken(stage, unexpected(reply));
    const asked = replies[2]?.startsWith('354') === true;
    // It asked for a text that has nobody to go to. Without a sender it cannot be trusted with an empty one either.
    if (asked && stage === 'rcpt') await this.#session.ask('.');
    const ended = this.#judge(stage, reply);
    return asked && stage === 'mail' ? { ...ended, broken: new SaidError(outOfStep) } : ended;
  }

  /** A chunk for nobody may have been taken. The RSET that follows a refusal ends that. */
  #refusalOfChunk(stage: Stage, reply: string): EndOfMessage {
    if (stage !== 'data') return this.#judge(stage, reply);
    if (reply.startsWith('2')) return this.#again(stage, new SaidError(outOfStep));
    if (!isUnknownCommand(reply)) return this.#judge(stage, reply);
    return this.#again(stage, new SaidError({ key: 'handOver.noBdat', args: { reply: tidy(reply) } }));
  }

  /** Before LAST, and before the final dot, the relay has no message: it can go over another connection. */
  #again(stage: Stage, broken: Error): EndOfMessage {
    const { handOver } = this.#broken(stage, broken);
    return { handOver: { ...handOver, again: true }, broken };
  }

  /**
   * A relay that refused a chunk may want RSET before anything else (RFC 3030 section 2). The commands of this message
   * were on their way.
   */
  get #isBehindRefusedChunk(): boolean {
    const before = this.#before;
    return before !== undefined && before.#form.isChunked && before.#answer?.reply.startsWith('2') === false;
  }

  /** Resolves with the answer, which is noted at once: the connection may end behind it. */
  #sendText({ onOut }: TextToSend): Promise<void> {
    return new Promise((resolve) => {
      void this.#session.sendText(this.#form, {
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
    if (next && !next.#trust.isProven && !isLast) await next.#opening.settled;
  }

  /** Tells once whether the relay took these commands behind a text. */
  #tell(wentWell: boolean): void {
    if (this.#isTold.behind) return;
    this.#isTold.behind = true;
    if (wentWell) this.#trust.wentWell();
    else this.#trust.failed();
  }

  /** Tells once how the chunks ended, if the text has any. */
  #endChunks(end: Parameters<PipelineTrust['endChunks']>[0]): void {
    if (this.#isTold.chunks) return;
    this.#isTold.chunks = true;
    this.#trust.endChunks(end);
  }

  /** What the answer to the text means. */
  #answered(): EndOfMessage {
    const end = this.#judgeAnswer();
    const isTaken = end.handOver.ended === 'accepted' && !isAboutAddress(end.handOver.reply);
    const hasFailed = end.handOver.ended === 'accepted' || end.broken !== undefined;
    this.#endChunks(isTaken ? 'accepted' : hasFailed ? 'failed' : 'untold');
    return end;
  }

  #judgeAnswer(): EndOfMessage {
    const { reply, isEarly } = this.#answer ?? { reply: '', isEarly: true };
    // In the trial nothing went behind, so that the reply is this text's, whatever its code.
    const isAnothers = this.#form.isChunked && !this.#form.isTrial && isAboutAddress(reply);
    if (isAnothers || this.#next?.isOutOfStep) {
      if (this.#next) this.#next.#tell(false);
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

  #broken(stage: Stage, error: Error): EndOfMessage & { handOver: { ended: 'lost' } } {
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
