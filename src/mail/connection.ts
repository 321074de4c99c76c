// One connection to a relay, and how each message on it ended.
//
// Nodemailer's SMTPConnection connects, secures and signs in. If the relay offers PIPELINING, the messages are handed over
// by pipelining/hand-over.ts; else by Nodemailer, one command at a time. Then its errors do not tell whether the final dot was out when a connection
// broke. So the message is a stream (outgoing-data.ts) that records when the relay asked for it and when all of it was
// given to the socket. From then on only a reply tells who is responsible for the message (RFC 5321 section 4.5.3.2.6).
//
// package.json pins nodemailer to one exact version: this file replaces its `lastServerResponse` and takes over its
// socket, which no release of it promises to keep. check-relay.ts sends commands in the same way.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { RelayConfig } from '../config/relays.js';
import { minute } from '../durations.js';
import { inWords, SaidError } from '../languages/said-error.js';
import { join, lengthOf, type Parts } from './compose.js';
import { connectionOptions } from './connection-options.js';
import { envelopeCommands, fits, lacksUtf8, plainSmtp, takenFrom } from './extensions.js';
import type { HandOver, Stage } from './outcome.js';
import { OutgoingData } from './outgoing-data.js';
import { PipelinedHandOver, unexpected, type Waiting } from './pipelining/hand-over.js';
import { PipelinedSession } from './pipelining/session.js';
import { chunkForm, dataForm } from './pipelining/text-form.js';
import { PipelineTrust } from './pipelining/trust.js';
import { codeOf, lacksTls, tidy, whyNotOpened, words, type SmtpError } from './smtp-error.js';
import { watchForImplicitTls } from './implicit-tls.js';

export interface Envelope {
  from: string;
  to: string;
}

/** Milliseconds (RFC 5321 section 4.5.3.2). */
export interface Timeouts {
  /** From connecting to the reply to AUTH or EHLO, in all. */
  connect: number;
  /** For all commands of one message together, up to the reply to DATA. */
  commands: number;
  /** From the first byte of the message to its reply. */
  message: number;
}

export const standardTimeouts: Timeouts = {
  connect: 5 * minute,
  commands: 5 * minute,
  message: 10 * minute,
};
const resetTimeout = 10_000;
/** For the replies to what went behind a text, since the relay answered the text. */
const replyBehind = 30_000;
const longestReply = 64 * 1024;

const stages: Record<string, Stage> = { 'MAIL FROM': 'mail', 'RCPT TO': 'rcpt', DATA: 'data' };
/** The stage whose reply comes next, by the number of replies so far. */
const inOrder: readonly Stage[] = ['mail', 'rcpt', 'data'];

/** Settles a wait for replies, or gives it another time limit in milliseconds. */
interface Wait<T> {
  done: (result: T) => void;
  extend: (ms: number) => void;
}

/** For a sender without a journal. */
export const always = (): Promise<boolean> => Promise.resolve(true);

export class Connection {
  /** Messages handed over so far, whatever became of them. */
  messages = 0;
  readonly #config: RelayConfig;
  readonly #timeouts: Timeouts;
  readonly #onEnd: () => void;
  readonly #trust: PipelineTrust;
  readonly #smtp: SMTPConnection;
  /**
   * Replies to the message under way. Of pipelined commands, Nodemailer does not tell which one broke off.
   */
  #replies = 0;
  #ended = false;
  /** Undefined: the relay offers no PIPELINING. */
  #session: PipelinedSession | undefined;
  #offer = plainSmtp;
  /** The message that was sent last. */
  #carried: PipelinedHandOver | undefined;
  /** The message whose commands went out behind the text of the one before. */
  #opened: PipelinedHandOver | undefined;
  /** Rejects the wait for a reply when the connection ends. */
  #waiting: ((error: SmtpError) => void) | undefined;

  /** Opens nothing yet. Calls `onEnd` once, when the connection has ended. */
  constructor(config: RelayConfig, timeouts: Timeouts, onEnd: () => void, trust = new PipelineTrust()) {
    this.#config = config;
    this.#timeouts = timeouts;
    this.#onEnd = onEnd;
    this.#trust = trust;
    this.#smtp = new SMTPConnection({
      ...connectionOptions(config),
      connectionTimeout: timeouts.connect,
      greetingTimeout: timeouts.connect,
      socketTimeout: Math.max(timeouts.commands, timeouts.message),
      maxResponseSize: longestReply,
    });
    this.#countReplies();
    this.#smtp.on('error', (error: Error) => this.#end(error));
    // Nodemailer emits 'end' before it reports the relay's last reply, and that reply counts.
    this.#smtp.once('end', () => queueMicrotask(() => this.#end(new SaidError({ key: 'doctor.closed' }))));
  }

  /** False once the connection has ended, for any reason. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Connects, greets, secures and signs in. Returns how that failed, or undefined. */
  open(): Promise<HandOver | undefined> {
    const { user, pass = '' } = this.#config;
    const failed = (error: SmtpError) => this.#failedToOpen(error);
    return this.#whileOpen<HandOver | undefined>(this.#timeouts.connect, failed, ({ done }) => {
      watchForImplicitTls(this.#smtp, this.#config, (error) => this.#end(error));
      const ready = (): void => {
        this.#takeOver();
        done(undefined);
      };
      this.#smtp.connect((error) => {
        if (error) return this.#end(error);
        if (user === undefined) return ready();
        this.#smtp.login({ user, pass, credentials: { user, pass } }, (refused) => {
          if (refused) this.#end(Object.assign(refused, { command: 'AUTH' }));
          else ready();
        });
      });
    });
  }

  /** True: the next message's commands are out, and it must be the next one to be sent. */
  get hasOpened(): boolean {
    return this.#opened !== undefined;
  }

  /**
   * Hands one message over; one at a time. Never throws. Sends no text if `mayBegin` resolves to false. `onOut` is called
   * when the text is out, so that another message may be opened behind it.
   */
  send(
    envelope: Envelope,
    data: Parts,
    mayBegin = always,
    onOut: () => void = () => undefined,
  ): Promise<HandOver> {
    // RFC 6531 section 3.2. Nodemailer would send the address without the relay's consent.
    if (lacksUtf8(this.#offer, envelope)) return Promise.resolve(lacksSmtpUtf8(this.#config));
    this.messages += 1;
    this.#replies = 0;
    const waiting = { envelope, data };
    if (this.#session !== undefined && fits(this.#offer, waiting))
      return this.#sendPipelined(this.#session, waiting, { mayBegin, onOut });
    let begins = (): Promise<boolean> => Promise.resolve(false);
    const message = new OutgoingData(join(data), () => begins());
    const lost = (error: SmtpError) => this.#failedToSend(error, message);
    return this.#whileOpen<HandOver>(this.#timeouts.commands, lost, ({ done, extend }) => {
      begins = async () => this.#isAsked(extend) && (await this.#isAllowed(mayBegin));
      this.#smtp.send(
        { from: envelope.from, to: [envelope.to], size: lengthOf(data) },
        message,
        (error, info) => {
          if (!this.#ended) this.#finish(message, error, tidy(info?.response ?? ''), done);
        },
      );
    });
  }

  /** From now on nothing of Nodemailer reads the replies; it still tells that the connection has ended. */
  #takeOver(): void {
    const { offer, socket, stopReading } = takenFrom(this.#smtp);
    this.#offer = offer;
    if (!offer.pipelining) return;
    stopReading();
    this.#session = new PipelinedSession(socket, (reply) =>
      this.#end(new SaidError({ key: 'handOver.unasked', args: { reply: tidy(reply) } })),
    );
  }

  #sendPipelined(
    session: PipelinedSession,
    waiting: Waiting,
    { mayBegin, onOut }: { mayBegin: () => Promise<boolean>; onOut: () => void },
  ): Promise<HandOver> {
    const own = this.#opened ?? this.#open(session, waiting);
    this.#opened = undefined;
    this.#carried = own;
    const lost = (error: SmtpError) => own.lost(error);
    return this.#whileOpen<HandOver>(this.#timeouts.commands, lost, ({ done, extend }) => {
      const onAsked = (): void => extend(this.#timeouts.message);
      const onAnswered = (): void => extend(Math.min(replyBehind, this.#timeouts.commands));
      void own
        .send({ mayBegin: () => this.#isAllowed(mayBegin), onAsked, onAnswered, onOut })
        .then(({ handOver, broken }) => {
          if (!this.#ended) done(handOver);
          return broken && this.#end(broken);
        });
    });
  }

  #open(session: PipelinedSession, waiting: Waiting, before?: PipelinedHandOver): PipelinedHandOver {
    const trust = this.#trust;
    const chunks = this.#offer.chunking && this.#config.chunking ? trust.startChunks() : undefined;
    const form = chunks ? chunkForm(waiting.data, chunks) : dataForm(waiting.data);
    const opening = session.open(envelopeCommands(this.#offer, waiting), form.asks);
    return new PipelinedHandOver(this.#config, { session, opening, form, trust, before });
  }

  /**
   * Sends the commands of the message behind the text that the relay is to answer: this message must be sent next.
   * False: nothing can go behind it, or not this message.
   */
  openBehind(waiting: Waiting): boolean {
    const session = this.#session;
    if (session === undefined || this.#ended || !this.#carried?.hasRoomBehind) return false;
    if (!fits(this.#offer, waiting)) return false;
    this.#opened = this.#open(session, waiting, this.#carried);
    this.#carried.goesBefore(this.#opened);
    return true;
  }

  /** RSET, so that the next message does not inherit half an envelope. Ends the connection if that fails. */
  reset(): Promise<void> {
    const limit = Math.min(resetTimeout, this.#timeouts.commands);
    return this.#whileOpen<void>(
      limit,
      () => undefined,
      ({ done }) => {
        const told = (error: Error | null): void => {
          done();
          if (error) this.#end(error);
        };
        if (this.#session === undefined) this.#smtp.reset(told);
        else
          void this.#session
            .ask('RSET')
            .then((reply) => told(reply.startsWith('2') ? null : new Error(`RSET: ${tidy(reply)}`)));
      },
    );
  }

  /** Says QUIT and closes. */
  quit(): void {
    if (this.#ended) return;
    this.#smtp.quit();
    this.#end(new Error('closed'));
  }

  /** Closes at once. A wait for a reply ends as lost, with this reason. */
  cut(reason: Error): void {
    this.#end(reason);
  }

  #countReplies(): void {
    let last: string | false = false;
    Object.defineProperty(this.#smtp, 'lastServerResponse', {
      get: () => last,
      set: (reply: string | false) => {
        last = reply;
        this.#replies += 1;
      },
    });
  }

  #end(error: SmtpError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#session?.stop();
    this.#opened?.abandon();
    this.#waiting?.(error);
    this.#smtp.close();
    this.#onEnd();
  }

  /** Runs `ask`, which waits for replies, until it is done, the time is up or the connection ends. */
  #whileOpen<T>(limit: number, lost: (error: SmtpError) => T, ask: (wait: Wait<T>) => void): Promise<T> {
    return new Promise((resolve) => {
      const expireAfter = (ms: number) =>
        setTimeout(
          () =>
            this.#end(
              new SaidError({ key: 'handOver.noReply', args: { seconds: String(Math.round(ms / 1000)) } }),
            ),
          ms,
        );
      let timer = expireAfter(limit);
      const done = (result: T) => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(result);
      };
      const extend = (ms: number) => {
        clearTimeout(timer);
        timer = expireAfter(ms);
      };
      this.#waiting = (error) => done(lost(error));
      if (this.#ended) this.#waiting(new SaidError({ key: 'handOver.ended' }));
      else ask({ done, extend });
    });
  }

  /** Whether the relay asked for the message. A surplus reply would pass RCPT's answer for that to DATA. */
  #isAsked(extend: (ms: number) => void): boolean {
    const said = String(this.#smtp.lastServerResponse);
    const begins = said.startsWith('354');
    if (begins) extend(this.#timeouts.message);
    else this.#end(unexpected(said));
    return begins;
  }

  /** The connection may end in the meantime. */
  async #isAllowed(mayBegin: () => Promise<boolean>): Promise<boolean> {
    if (!(await mayBegin())) this.#end(new SaidError({ key: 'handOver.mayNotBegin' }));
    return !this.#ended;
  }

  /** Settles a message that Nodemailer has an answer to. */
  #finish(
    message: OutgoingData,
    error: SmtpError | null,
    reply: string,
    done: (handOver: HandOver) => void,
  ): void {
    const relay = this.#config.name;
    const early = message.progress === 'asked' || message.progress === 'begun';
    if (error) {
      const failed = this.#failedToSend(error, message);
      done(failed);
      // The relay would read the next command as the rest of this message, or replies are out of step.
      if (early || failed.ended === 'lost' || (failed.ended === 'reply' && failed.code < 400))
        this.#end(error);
    } else if (early) {
      // The relay accepted what it has only in part. It may deliver that part or not.
      done({
        ended: 'lost',
        relay,
        stage: 'message',
        ...inWords({ key: 'handOver.early', args: { reply } }),
      });
      this.#end(new SaidError({ key: 'handOver.outOfStep' }));
    } else done({ ended: 'accepted', relay, code: Number(reply.slice(0, 3)), reply });
  }

  #failedToOpen(error: SmtpError): HandOver {
    const relay = this.#config.name;
    const stage = error.command?.startsWith('AUTH') ? 'auth' : 'connect';
    const code = lacksTls(this.#config, error) ? undefined : codeOf(error);
    return code === undefined
      ? { ended: 'lost', relay, stage, ...inWords(whyNotOpened(this.#config, error)) }
      : { ended: 'reply', relay, stage, code, reply: tidy(error.response ?? '') };
  }

  #failedToSend(error: SmtpError, { progress }: OutgoingData): HandOver {
    const relay = this.#config.name;
    const code = codeOf(error);
    const before = code === undefined ? this.#replies : this.#replies - 1;
    const stage =
      progress === 'waiting' || progress === 'asked'
        ? (stages[error.command ?? ''] ?? inOrder[before] ?? 'data')
        : 'message';
    if (code !== undefined) return { ended: 'reply', relay, stage, code, reply: tidy(error.response ?? '') };
    // Nodemailer refused before a byte went out: an unwritable address, or a message over the relay's SIZE.
    const unsaid = progress === 'waiting' && error.response === undefined && !this.#ended;
    if (unsaid && (error.code === 'EENVELOPE' || error.code === 'EMESSAGE'))
      return { ended: 'unfit', relay, ...inWords(words(this.#config, error)) };
    // Without the dot there is no message (RFC 5321 section 4.1.1.4): nothing is uncertain yet.
    return {
      ended: 'lost',
      relay,
      stage: progress === 'begun' ? 'data' : stage,
      ...inWords(words(this.#config, error)),
    };
  }
}

const lacksSmtpUtf8 = ({ name }: RelayConfig): HandOver => ({
  ended: 'unfit',
  relay: name,
  ...inWords({ key: 'handOver.noUtf8' }),
  lacks: 'SMTPUTF8',
});
