// One connection to a relay, and how each message on it ended.
//
// Nodemailer's SMTPConnection speaks the protocol. Its errors do not tell whether the final dot was out when a
// connection broke, so the message is passed as something that tells when the relay asked for it and when all of it was
// given to the socket. From then on only a reply says whose the message is (RFC 5321 section 4.5.3.2.6).
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Readable } from 'node:stream';
import type { RelayConfig } from '../config/relays.js';
import type { HandOver, Stage } from './outcome.js';

export interface Envelope {
  from: string;
  to: string;
}

/** Milliseconds (RFC 5321 section 4.5.3.2). */
export interface Timeouts {
  /** From connecting to the reply to AUTH or EHLO, in all. */
  connect: number;
  /** For all commands of one message up to DATA's reply together. */
  commands: number;
  /** From the first byte of the message to the reply to the final dot. */
  message: number;
}

const minutes = 60_000;
export const standardTimeouts: Timeouts = {
  connect: 5 * minutes,
  commands: 5 * minutes,
  message: 10 * minutes,
};
const resetTimeout = 10_000;
const longestReply = 64 * 1024;
/** The message goes to the socket in pieces of this size: a relay that stops reading never gets the dot. */
const piece = 64 * 1024;

export interface Connection {
  /** Messages that it has had. */
  readonly messages: number;
  /** False once it has ended, however. */
  readonly usable: boolean;
  /** Connects, greets, secures and signs in. The answer is how that failed, or undefined. */
  open(): Promise<HandOver | undefined>;
  /** Hands one message over; one at a time. Never throws. */
  send(envelope: Envelope, data: Buffer): Promise<HandOver>;
  /** RSET, so that the next message does not inherit a half-given envelope. Ends the connection if it fails. */
  reset(): Promise<void>;
  /** Says QUIT and closes. */
  quit(): void;
  /** Closes at once: whoever waits for a reply hears that it is lost, and why. */
  cut(reason: string): void;
}

interface SmtpError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
}

/** One line, bounded: replies go into the ledger and onto screens. */
function tidy(reply: string): string {
  // oxlint-disable-next-line no-control-regex -- a relay's bytes are whatever they are
  return reply
    .replaceAll(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 500);
}

/** What went wrong, in words for whoever runs the relay. */
function words(error: SmtpError): string {
  const said = tidy(error.message) || error.code || 'no reason given';
  const untrusted = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_/.test(`${error.originalCode} ${error.code}`);
  return untrusted ? `the relay's TLS certificate is not trusted: ${said}` : said;
}

/** RFC 5321 section 4.2: three digits. Anything else that a relay says is not a reply. */
function codeOf({ response }: SmtpError): number | undefined {
  const code = Number(/^([2-5]\d\d)(?!\d)/.exec(response ?? '')?.[1]);
  return Number.isNaN(code) ? undefined : code;
}

const stages: Record<string, Stage> = { 'MAIL FROM': 'mail', 'RCPT TO': 'rcpt', DATA: 'data' };
/** What is answered next, after so many replies. */
const inOrder: readonly Stage[] = ['mail', 'rcpt', 'data'];

/**
 * A message that tells how much of it the relay may have.
 *
 * What it is piped to is Nodemailer's own stream, which would look at every byte for dots and line ends: a fifth of a
 * worker's time. The data is in its final form, so it is pushed to the far side of that stream.
 */
class Message extends Readable {
  progress: 'waiting' | 'begun' | 'out' = 'waiting';
  readonly #data: Buffer;
  readonly #begins: () => boolean;

  /** `begins` is asked when the relay has answered DATA: false sends nothing. */
  constructor(data: Buffer, begins: () => boolean) {
    super({ read() {} });
    this.#data = data;
    this.#begins = begins;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (!this.#begins()) return destination;
    this.progress = 'begun';
    const farSide = destination as unknown as Readable;
    farSide.once('end', () => (this.progress = 'out'));
    for (let at = 0; at < this.#data.length; at += piece) farSide.push(this.#data.subarray(at, at + piece));
    farSide.push(null);
    return destination;
  }
}

/** What is said to a relay, and how; `config` as of SMTP_URL. */
export function connectionOptions(config: RelayConfig): SMTPConnection.Options {
  return {
    host: config.host,
    port: config.port,
    secure: config.secure,
    requireTLS: config.requireTls,
    ...(config.clientName === undefined ? {} : { name: config.clientName }),
  };
}

/** Why a connection could not be opened, in words for whoever runs the relay. */
export function whyNotOpened(config: RelayConfig, error: SmtpError): string {
  return lacksTls(config, error)
    ? `without TLS nothing is said to it, a password least of all, and it starts none ("${tidy(error.response ?? '')}"): ` +
        'use smtps:// if it has a port for that, or requireTls=off in SMTP_URL if nobody can listen on the way there'
    : words(error);
}

/** The relay has no STARTTLS, or somebody on the way took it out (RFC 3207 section 6). */
function lacksTls({ requireTls }: RelayConfig, { command, response }: SmtpError): boolean {
  if (!requireTls || response === undefined) return false;
  return command === 'STARTTLS' || (command === 'EHLO' && response.startsWith('5'));
}

/** Opens nothing yet. `onEnd` is called once, when the connection has ended. */
export function createConnection(config: RelayConfig, timeouts: Timeouts, onEnd: () => void): Connection {
  const smtp = new SMTPConnection({
    ...connectionOptions(config),
    connectionTimeout: timeouts.connect,
    greetingTimeout: timeouts.connect,
    socketTimeout: Math.max(timeouts.commands, timeouts.message),
    maxResponseSize: longestReply,
  });
  const relay = config.name;
  /** To the message under way. Of commands sent in one go Nodemailer does not tell which one the relay broke off at. */
  let replies = 0;
  let lastReply: string | false = false;
  Object.defineProperty(smtp, 'lastServerResponse', {
    get: () => lastReply,
    set(reply: string | false) {
      lastReply = reply;
      replies += 1;
    },
  });
  let messages = 0;
  let ended = false;
  /** Whoever waits for a reply hears of the end here. */
  let waiting: ((error: SmtpError) => void) | undefined;

  function end(error: SmtpError): void {
    if (ended) return;
    ended = true;
    waiting?.(error);
    smtp.close();
    onEnd();
  }
  smtp.on('error', end);
  // Nodemailer closes before it tells what the relay said last; what it said counts.
  smtp.once('end', () => queueMicrotask(() => end(new Error('the relay closed the connection'))));

  /** Runs `ask`, which waits for replies, until it is done, the time is over or the connection ends. */
  function whileOpen<T>(limit: number, lost: (error: SmtpError) => T, ask: Ask<T>): Promise<T> {
    return new Promise((resolve) => {
      const expire = () => end(new Error(`no reply in ${Math.round(limit / 1000)} s`));
      let timer = setTimeout(expire, limit);
      const done = (result: T) => {
        clearTimeout(timer);
        waiting = undefined;
        resolve(result);
      };
      waiting = (error) => done(lost(error));
      const extend = (ms: number) => {
        limit = ms;
        clearTimeout(timer);
        timer = setTimeout(expire, ms);
      };
      if (ended) waiting(new Error('the connection has ended'));
      else ask(done, extend);
    });
  }

  function failedToOpen(error: SmtpError): HandOver {
    const stage = error.command?.startsWith('AUTH') ? 'auth' : 'connect';
    const code = lacksTls(config, error) ? undefined : codeOf(error);
    return code === undefined
      ? { ended: 'lost', relay, stage, error: whyNotOpened(config, error) }
      : { ended: 'reply', relay, stage, code, reply: tidy(error.response ?? '') };
  }

  function failedToSend(error: SmtpError, message: Message): HandOver {
    const { progress } = message;
    const code = codeOf(error);
    const before = code === undefined ? replies : replies - 1;
    const stage =
      progress === 'waiting' ? (stages[error.command ?? ''] ?? inOrder[before] ?? 'data') : 'message';
    if (code !== undefined) return { ended: 'reply', relay, stage, code, reply: tidy(error.response ?? '') };
    // Refused before a byte was said: an address that cannot be written, a message over the relay's SIZE.
    const unsaid = progress === 'waiting' && error.response === undefined && !ended;
    if (unsaid && (error.code === 'EENVELOPE' || error.code === 'EMESSAGE'))
      return { ended: 'unfit', relay, error: words(error) };
    // Without the dot there is no message (RFC 5321 section 4.1.1.4): nothing is uncertain yet.
    return { ended: 'lost', relay, stage: progress === 'begun' ? 'data' : stage, error: words(error) };
  }

  return {
    get messages() {
      return messages;
    },
    get usable() {
      return !ended;
    },
    open() {
      return whileOpen<HandOver | undefined>(timeouts.connect, failedToOpen, (done) => {
        const fail = (error: Error, command: object = {}) => end(Object.assign(error, command));
        smtp.connect((error) => {
          if (error) return fail(error);
          if (config.user === undefined) return done(undefined);
          const credentials = { user: config.user, pass: config.pass ?? '' };
          smtp.login({ ...credentials, credentials }, (refused) => {
            if (refused) fail(refused, { command: 'AUTH' });
            else done(undefined);
          });
        });
      });
    },
    send(envelope, data) {
      messages += 1;
      replies = 0;
      let begun: () => boolean = () => false;
      const message = new Message(data, () => begun());
      const lost = (error: SmtpError) => failedToSend(error, message);
      return whileOpen<HandOver>(timeouts.commands, lost, (done, extend) => {
        begun = () => {
          const said = String(smtp.lastServerResponse);
          // Replies that are one too many would make the answer to RCPT that to DATA, and an acceptance of it.
          if (said.startsWith('354')) extend(timeouts.message);
          else end(unexpected(said));
          return said.startsWith('354');
        };
        smtp.send({ from: envelope.from, to: [envelope.to], size: data.length }, message, (error, info) => {
          if (ended) return;
          const early = message.progress === 'begun';
          if (error) {
            const failed = failedToSend(error, message);
            done(failed);
            // What follows would be read as the rest of the message, or replies are out of step.
            if (early || failed.ended === 'lost' || (failed.ended === 'reply' && failed.code < 400))
              end(error);
            return;
          }
          const reply = tidy(info?.response ?? '');
          if (!early) return done({ ended: 'accepted', relay, code: Number(reply.slice(0, 3)), reply });
          // An acceptance of what it has not got: nobody knows what it will do with the half.
          done({ ended: 'lost', relay, stage: 'message', error: `"${reply}" came before the final dot` });
          end(new Error('replies are out of step'));
        });
      });
    },
    reset() {
      return whileOpen<void>(
        Math.min(resetTimeout, timeouts.commands),
        () => undefined,
        (done) => {
          smtp.reset((error) => {
            done();
            if (error) end(error);
          });
        },
      );
    },
    quit() {
      if (ended) return;
      smtp.quit();
      end(new Error('closed'));
    },
    cut(reason) {
      end(new Error(reason));
    },
  };
}

function unexpected(said: string): SmtpError {
  return Object.assign(new Error(`the relay said "${tidy(said)}" where 354 is due`), { command: 'DATA' });
}

type Ask<T> = (done: (result: T) => void, extend: (ms: number) => void) => void;
