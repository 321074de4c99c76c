// Handing messages to one relay over a few lasting connections.
//
//   1. take an idle connection, or open one while fewer than `connections` are open
//   2. MAIL, RCPT and DATA (pipelined where the relay offers it), then the message and the final dot
//   3. tell how it ended: accepted, a reply and its stage, or lost and where
//   4. keep the connection if it is clean, for at most `messagesPerConnection` messages
//
// Nodemailer's SMTPConnection speaks the protocol. Its errors do not tell whether the final dot was out when a
// connection broke, so the message is passed as something that tells when the relay has said 354.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Readable } from 'node:stream';
import type { RelayConfig } from '../config.js';
import type { HandOver, Stage } from './outcome.js';

export interface Envelope {
  from: string;
  to: string;
}

/** Milliseconds (RFC 5321 section 4.5.3.2). */
export interface Timeouts {
  connect: number;
  /** For all commands of one message up to DATA's reply together. */
  commands: number;
  /** From the first byte of the message to the reply to the final dot. */
  message: number;
}

const minutes = 60_000;
const standardTimeouts: Timeouts = { connect: 5 * minutes, commands: 5 * minutes, message: 10 * minutes };
/** An idle connection is closed before relays commonly do it themselves. */
const idleTime = 20_000;

export interface Relay {
  readonly name: string;
  readonly connections: number;
  /** False where the relay signs itself (dkim=off). */
  readonly wantsDkim: boolean;
  /** False where the relay keeps the providers' limits itself (domainLimits=off). */
  readonly wantsDomainLimits: boolean;
  /** Never throws; waits for a free connection. `data` is as toData makes it. */
  handOver(envelope: Envelope, data: Buffer): Promise<HandOver>;
  /** Says QUIT on every connection. Hand-overs under way end first. */
  close(): Promise<void>;
}

interface Open {
  smtp: SMTPConnection;
  messages: number;
  /** Why it ended, once it did. */
  broken: Error | undefined;
  /** Whoever waits for a reply hears of the end here. */
  onEnd: ((error: Error) => void) | undefined;
  idle: NodeJS.Timeout | undefined;
}

interface SmtpError extends Error {
  code?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

const stages: Record<string, Stage> = { 'MAIL FROM': 'mail', 'RCPT TO': 'rcpt', DATA: 'data' };

function stageOf(error: SmtpError, started: boolean): Stage {
  if (started) return 'message';
  if (error.command?.startsWith('AUTH')) return 'auth';
  return stages[error.command ?? ''] ?? 'mail';
}

/** One line, bounded: replies go into the ledger and onto screens. */
function tidy(reply: string): string {
  // oxlint-disable-next-line no-control-regex -- a relay's bytes are whatever they are
  return reply
    .replaceAll(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 500);
}

/**
 * A message that tells whether its bytes were asked for, which Nodemailer does only after the relay's 354.
 *
 * What it is piped to is Nodemailer's own stream, which would look at every byte for dots and line ends: a fifth of a
 * worker's time. The data is in its final form, so it is pushed to the far side of that stream.
 */
class Telltale extends Readable {
  started = false;
  readonly #data: Buffer;
  constructor(data: Buffer) {
    super({ read() {} });
    this.#data = data;
  }
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.started = true;
    const farSide = destination as unknown as Readable;
    farSide.push(this.#data);
    farSide.push(null);
    return destination;
  }
}

/** Opens nothing yet: connections are made when a message needs one. */
export function openRelay(
  config: RelayConfig,
  connections: number,
  timeouts: Timeouts = standardTimeouts,
): Relay {
  const idle: Open[] = [];
  const waiting: (() => void)[] = [];
  let open = 0;
  let closing = false;

  function connect(): Promise<Open> {
    const smtp = new SMTPConnection({
      host: config.host,
      port: config.port,
      secure: config.secure,
      connectionTimeout: timeouts.connect,
      greetingTimeout: timeouts.connect,
      socketTimeout: Math.max(timeouts.commands, timeouts.message),
      maxResponseSize: 64 * 1024,
      ...(config.clientName === undefined ? {} : { name: config.clientName }),
    });
    const made: Open = { smtp, messages: 0, broken: undefined, onEnd: undefined, idle: undefined };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        made.broken ??= error;
        // A slot is freed by whoever holds the connection; one lying idle has nobody.
        const at = idle.indexOf(made);
        if (at >= 0) {
          idle.splice(at, 1);
          discard(made);
        }
        made.onEnd?.(error);
        reject(error);
      };
      smtp.on('error', fail);
      smtp.once('end', () => fail(new Error('the relay closed the connection')));
      smtp.connect((error) => {
        if (error) return fail(error);
        if (config.user === undefined) return resolve(made);
        smtp.login(
          {
            user: config.user,
            pass: config.pass ?? '',
            credentials: { user: config.user, pass: config.pass ?? '' },
          },
          (failed) => {
            if (failed) fail(Object.assign(failed, { command: 'AUTH' }));
            else resolve(made);
          },
        );
      });
    });
  }

  function discard(made: Open): void {
    clearTimeout(made.idle);
    made.broken ??= new Error('closed');
    made.smtp.close();
    open -= 1;
    waiting.shift()?.();
  }

  function keep(made: Open): void {
    if (made.broken || closing || made.messages >= config.messagesPerConnection) {
      if (!made.broken) made.smtp.quit();
      discard(made);
      return;
    }
    made.idle = setTimeout(() => {
      idle.splice(idle.indexOf(made), 1);
      made.smtp.quit();
      discard(made);
    }, idleTime);
    made.idle.unref();
    idle.push(made);
    waiting.shift()?.();
  }

  async function take(): Promise<Open> {
    for (;;) {
      const ready = idle.pop();
      if (ready) {
        clearTimeout(ready.idle);
        return ready;
      }
      if (open < connections) {
        open += 1;
        try {
          return await connect();
        } catch (error) {
          open -= 1;
          waiting.shift()?.();
          throw error;
        }
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  /** RSET, so that the next message does not inherit a half-given envelope. False: the connection is no good. */
  function reset(made: Open): Promise<boolean> {
    if (made.broken) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), 10_000);
      const done = (clean: boolean) => {
        clearTimeout(timer);
        made.onEnd = undefined;
        resolve(clean);
      };
      made.onEnd = () => done(false);
      made.smtp.reset((error) => done(!error));
    });
  }

  function send(made: Open, envelope: Envelope, data: Buffer): Promise<HandOver> {
    const body = new Telltale(data);
    made.messages += 1;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout;
      let settled = false;
      const settle = (handOver: HandOver) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        made.onEnd = undefined;
        resolve(handOver);
      };
      const end = (error: SmtpError) => {
        const failed = { relay: config.name, stage: stageOf(error, body.started) };
        if (error.responseCode)
          settle({
            ...failed,
            ended: 'reply',
            code: error.responseCode,
            reply: tidy(error.response ?? error.message),
          });
        // Refused before a byte was said: an address that cannot be written, a message over the relay's SIZE.
        else if (!body.started && (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') && !made.broken)
          settle({ ended: 'unfit', relay: config.name, error: tidy(error.message) });
        else {
          made.broken ??= error;
          settle({ ...failed, ended: 'lost', error: tidy(error.message) });
        }
      };
      const expire = (limit: number) => () => {
        // A relay that answers one byte a second never looks idle to the socket.
        if (body.started && limit === timeouts.commands) {
          timer = setTimeout(expire(timeouts.message), timeouts.message);
          return;
        }
        end(new Error(`no reply in ${Math.round(limit / 1000)} s`));
        made.smtp.close();
      };
      timer = setTimeout(expire(timeouts.commands), timeouts.commands);
      made.onEnd = end;
      made.smtp.send({ from: envelope.from, to: [envelope.to], size: data.length }, body, (error, info) => {
        if (error) return end(error);
        const reply = tidy(info?.response ?? '');
        settle({ ended: 'accepted', relay: config.name, code: Number(reply.slice(0, 3)) || 250, reply });
      });
    });
  }

  return {
    name: config.name,
    connections,
    wantsDkim: config.dkim,
    wantsDomainLimits: config.domainLimits,
    async handOver(envelope, data) {
      let made: Open;
      try {
        made = await take();
      } catch (error) {
        const failed = error as SmtpError;
        const stage = failed.command?.startsWith('AUTH') ? 'auth' : 'connect';
        return failed.responseCode
          ? {
              ended: 'reply',
              relay: config.name,
              stage,
              code: failed.responseCode,
              reply: tidy(failed.response ?? ''),
            }
          : { ended: 'lost', relay: config.name, stage, error: tidy(failed.message) };
      }
      const handOver = await send(made, envelope, data);
      if (handOver.ended === 'reply' && (handOver.code === 421 || !(await reset(made))))
        made.broken ??= new Error('421');
      keep(made);
      return handOver;
    },
    async close() {
      closing = true;
      for (const made of idle.splice(0)) {
        made.smtp.quit();
        discard(made);
      }
      while (open > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
