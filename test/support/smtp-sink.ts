// A real SMTP server that keeps its messages. A test may answer any stage with a code, a delay or a cut
// connection. smtp-server cannot send half a reply or nonsense; test/support/smtp-script.ts can.
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { startChunkingFront } from './chunking-front.js';
import { waitUntil } from './wait.js';

/** 'data' is the answer to the DATA command, 'dot' the answer to the whole message. */
export type Stage = 'connect' | 'mail' | 'rcpt' | 'data' | 'dot';

export interface StageInfo {
  /** The connection's number at this sink, from 1. */
  connection: number;
  /** `from` is empty before MAIL FROM, `to` before RCPT TO. */
  from: string;
  to: string[];
  /** At 'rcpt': the address of this command. */
  rcpt?: string;
  /** At 'dot': the message. */
  raw?: Buffer;
}

/** Undefined: the usual answer. A number: the usual answer after that many milliseconds. 'drop': a cut. */
export type Reply = undefined | { code: number; text: string } | 'drop' | number;

export interface SinkMessage {
  connection: number;
  from: string;
  to: string[];
  /** The message as received, with dots unstuffed. */
  raw: Buffer;
  at: Date;
  parsed(): Promise<Email>;
}

export interface SinkOptions {
  /** Called at every stage. At 'dot' the sink keeps the message unless the answer refuses it. */
  reply?: (stage: Stage, info: StageInfo) => Reply | Promise<Reply>;
  /** The sink then requires authentication with exactly these credentials. */
  auth?: { user: string; pass: string };
  /** TLS from the first byte, with a certificate that no client trusts by default. */
  secure?: boolean;
  /** Offers STARTTLS, with the same certificate. */
  starttls?: boolean;
  /** Offers CHUNKING: texts may come with BDAT. */
  chunking?: boolean;
  /** A fixed port, so that a sink can restart where it was. */
  port?: number;
  /** Another address than 127.0.0.1, for hosts in other network namespaces. */
  address?: string;
  /** True: the messages are counted and their bytes forgotten, so that very many fit into the memory. */
  onlyCounts?: boolean;
}

export interface Sink {
  /** smtp://127.0.0.1:port, or at `address`, in the format of SMTP_URL. */
  url: string;
  port: number;
  /**
   * The messages in order of their final dots. A message stays here if the answer to its dot was 'drop'.
   * Refused messages never appear.
   */
  messages: SinkMessage[];
  /** How many messages came in chunks. */
  chunked(): number;
  /** The number of connections so far, and of those open now. */
  connections: { total: number; open: number };
  /** Replaces the options' `reply`. */
  onStage(reply: SinkOptions['reply']): void;
  messagesTo(address: string): SinkMessage[];
  /** Waits for at least `n` messages and returns all. */
  waitFor(n: number, ms?: number): Promise<SinkMessage[]>;
  clear(): void;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

/** The form in which smtp-server expects an error reply. */
type Refusal = Error & { responseCode: number };
const refusal = (responseCode: number, text: string): Refusal =>
  Object.assign(new Error(text), { responseCode });

/** Starts a sink on a free port. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const messages: SinkMessage[] = [];
  const sockets = new Map<number, { socket: Socket; number: number }>();
  const connections = { total: 0, open: 0 };
  const host = options.address ?? '127.0.0.1';
  let reply = options.reply;

  function keep({ connection, from, to, raw: received }: StageInfo): void {
    const raw = (options.onlyCounts ? undefined : received) ?? Buffer.alloc(0);
    messages.push({ connection, from, to, raw, at: new Date(), parsed: () => PostalMime.parse(raw) });
  }

  /** Asks the test's `reply`. Returns a refusal, or undefined to go on. After 'drop' it never returns. */
  async function ask(
    stage: Stage,
    session: SMTPServerSession,
    more: Partial<StageInfo> = {},
  ): Promise<Refusal | undefined> {
    const { mailFrom, rcptTo } = session.envelope;
    const info: StageInfo = {
      connection: sockets.get(session.remotePort)?.number ?? 0,
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((rcpt) => rcpt.address),
      ...more,
    };
    const answer = await reply?.(stage, info);
    if (typeof answer === 'object' && answer.code >= 400) return refusal(answer.code, answer.text);
    if (stage === 'dot') keep(info);
    if (answer === 'drop') {
      sockets.get(session.remotePort)?.socket.destroy();
      return new Promise(() => {});
    }
    if (typeof answer === 'number') await delay(answer);
    return undefined;
  }

  const server = new SMTPServer({
    secure: options.secure ?? false,
    logger: false,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: true,
    allowInsecureAuth: true,
    authOptional: options.auth === undefined,
    disabledCommands: [
      ...(options.starttls ? [] : ['STARTTLS']),
      ...(options.auth === undefined ? ['AUTH'] : []),
    ],
    closeTimeout: 100,
    onAuth({ username, password }, _session, callback) {
      const right = username === options.auth?.user && password === options.auth?.pass;
      callback(right ? null : refusal(535, '5.7.8 who are you'), { user: username });
    },
    onConnect: (session, callback) => void ask('connect', session).then(callback, callback),
    onMailFrom: ({ address }, session, callback) =>
      void ask('mail', session, { from: address }).then(callback, callback),
    onRcptTo: ({ address }, session, callback) =>
      void ask('rcpt', session, { rcpt: address }).then(callback, callback),
    onData(stream, session, callback) {
      // A client that disconnects within DATA hands nothing over: the stream ends with an error.
      buffer(stream)
        .then((raw) => ask('dot', session, { raw }))
        .then(callback, callback);
    },
  });
  server.on('error', () => {}); // Tests cut connections.
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    connections.total += 1;
    connections.open += 1;
    sockets.set(port, { socket, number: connections.total });
    socket.on('close', () => {
      connections.open -= 1;
      sockets.delete(port);
    });
  });
  // smtp-server has no callback before its 354, so the stage 'data' wraps its handler.
  server.on('connect', ({ id }) => {
    const connection = [...server.connections].find((one) => one.id === id);
    if (connection === undefined) return;
    const usual = connection.handler_DATA.bind(connection);
    connection.handler_DATA = (command, callback) => {
      void ask('data', connection.session).then((refused) => {
        if (refused === undefined) return usual(command, callback);
        connection.send(refused.responseCode, refused.message);
        return callback();
      });
    };
  });

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const own = (server.server.address() as AddressInfo).port;
  const front = options.chunking === true ? await startChunkingFront({ host, port: own }) : undefined;
  const port = front?.port ?? own;
  const credentials = options.auth
    ? `${encodeURIComponent(options.auth.user)}:${encodeURIComponent(options.auth.pass)}@`
    : '';
  return {
    url: `${options.secure ? 'smtps' : 'smtp'}://${credentials}${host}:${port}`,
    port,
    messages,
    connections,
    chunked: () => front?.texts.chunked ?? 0,
    onStage(next) {
      reply = next;
    },
    messagesTo: (address) => messages.filter((message) => message.to.includes(address)),
    async waitFor(n, ms = 10_000) {
      await waitUntil(() => messages.length >= n, ms, `${n} messages`).catch((error: Error) => {
        throw new Error(`${error.message}; there are ${messages.length}`, { cause: error });
      });
      return messages;
    },
    clear() {
      messages.length = 0;
    },
    close: () =>
      new Promise<void>((resolve) => {
        front?.close();
        server.close(() => resolve());
        for (const { socket } of sockets.values()) socket.destroy();
      }),
  };
}
