// A server that plays a test's script line by line: cuts before, within and after DATA, half replies,
// silence. It does not understand SMTP; test/support/smtp-sink.ts does.
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface ScriptedConnection {
  /** The connection's number, from 1. */
  number: number;
  /** Sends one line and adds the CRLF. */
  say(line: string): void;
  /** Sends exactly this text, for example half a reply. */
  sayRaw(text: string): void;
  /** The client's next line without its CRLF. Undefined if the client has disconnected. */
  hear(): Promise<string | undefined>;
  /** Everything before the line with the final dot. Undefined if the client disconnects earlier. */
  hearMessage(): Promise<string | undefined>;
  /** The client's next `n` bytes. */
  hearOctets(n: number): Promise<string>;
  /** Notes a message that did not come with a final dot. */
  keep(message: string): void;
  /** What has come, and at least `n` bytes, without consuming them: `hear` still returns them. */
  hearBytes(n: number): Promise<string>;
  /** Forgets what the client has sent and no `hear` has returned, as a relay does that empties its input. */
  discard(): void;
  /** Stops reading until `resume`, so that data piles up on the client's side. */
  pause(): void;
  resume(): void;
  /** Waits until the client has disconnected. */
  gone(): Promise<void>;
  /** Closes the connection after all replies were sent. */
  end(): void;
  /** Cuts the connection. The client sees a reset. */
  reset(): void;
}

export type Script = (connection: ScriptedConnection) => Promise<void>;

export interface ScriptedServer {
  url: string;
  port: number;
  /** The messages that arrived completely. */
  messages: string[];
  connections: number;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1 that plays `script` on every connection. */
export async function startScripted(script: Script): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const messages: string[] = [];
  const state = { connections: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    state.connections += 1;
    // A script may still wait when its socket closes. The error that it then throws is no test failure.
    script(play(socket, state.connections, messages)).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    messages,
    get connections() {
      return state.connections;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function play(socket: Socket, number: number, messages: string[]): ScriptedConnection {
  let heard = '';
  let gone = false;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
    wake();
  });
  const goes = (): void => {
    gone = true;
    wake();
  };
  socket.on('close', goes).on('end', goes);
  /** Waits until it has come, or the client has disconnected. */
  const until = async (hasCome: () => boolean): Promise<void> => {
    while (!gone && !hasCome()) await new Promise<void>((resolve) => waiting.push(resolve));
  };

  const hear = async (): Promise<string | undefined> => {
    await until(() => heard.includes('\r\n'));
    const end = heard.indexOf('\r\n');
    if (end < 0) return undefined;
    const line = heard.slice(0, end);
    heard = heard.slice(end + 2);
    return line;
  };
  return {
    number,
    say: (line) => void socket.write(`${line}\r\n`),
    sayRaw: (text) => void socket.write(text),
    hear,
    async hearMessage() {
      const lines: string[] = [];
      for (let line = await hear(); line !== undefined; line = await hear()) {
        if (line === '.') {
          messages.push(lines.join('\r\n'));
          return messages.at(-1);
        }
        lines.push(line);
      }
      return undefined;
    },
    async hearOctets(n) {
      await until(() => heard.length >= n);
      const octets = heard.slice(0, n);
      heard = heard.slice(n);
      return octets;
    },
    keep: (message) => void messages.push(message),
    async hearBytes(n) {
      await until(() => heard.length >= n);
      return heard;
    },
    discard: () => void (heard = ''),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    gone: () =>
      gone ? Promise.resolve() : new Promise((resolve) => void socket.once('close', () => resolve())),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}

export type Step =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'chunk'
  | 'dot'
  | 'RSET'
  | 'QUIT';

/** A reply, or an action in place of one. */
export type Answer = string | ((client: ScriptedConnection) => void | Promise<void>);
export type Answers = Partial<Record<Step, Answer>>;

const polite: Record<Step, string> = {
  greeting: '220 scripted.test ESMTP',
  EHLO: '250-scripted.test\r\n250-PIPELINING\r\n250 8BITMIME',
  HELO: '250 scripted.test',
  STARTTLS: '454 not here',
  AUTH: '235 welcome',
  MAIL: '250 fine',
  RCPT: '250 fine',
  DATA: '354 go on',
  chunk: '250 chunk taken',
  dot: '250 taken',
  RSET: '250 fine',
  QUIT: '221 bye',
};

/**
 * A server that answers politely except for these answers. Its answer to a chunk is 'chunk', or the one for DATA; to the
 * last chunk, it is 'dot'.
 */
export function answering(answers: Answers): Script {
  return async (client) => {
    const steps: Record<string, Step> = { STAR: 'STARTTLS' };
    const answer = async (step: Step): Promise<string> => {
      const said = answers[step] ?? polite[step];
      if (typeof said === 'string') client.say(said);
      else await said(client);
      return typeof said === 'string' ? said : '';
    };
    let octets = '';
    /** RFC 3030 section 2. A refused chunk is read and discarded. */
    const hearChunk = async (line: string): Promise<void> => {
      const [, size = '', last] = /^BDAT (\d+)( LAST)?$/i.exec(line) ?? [];
      octets += await client.hearOctets(Number(size));
      if (last === undefined) return void (await answer(answers.chunk || !answers.DATA ? 'chunk' : 'DATA'));
      client.keep(octets.replace(/\r\n$/, ''));
      octets = '';
      await answer('dot');
    };
    await answer('greeting');
    for (let line = await client.hear(); line !== undefined; line = await client.hear()) {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'MAIL' || verb === 'RSET') octets = '';
      if (verb === 'BDAT') {
        await hearChunk(line);
        continue;
      }
      const said = await answer(steps[verb] ?? (verb in polite ? (verb as Step) : 'RSET'));
      if (verb === 'QUIT') return client.end();
      if (verb !== 'DATA' || !said.startsWith('354')) continue;
      if ((await client.hearMessage()) !== undefined) await answer('dot');
    }
  };
}

/** The cut's place: at the greeting, at a command, within the message, after the dot, after its reply. */
export type Cut =
  'connect' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'within-message' | 'after-dot' | 'after-reply';

/** A polite server that cuts every connection at this place. */
export function cutting(at: Cut): Script {
  return async (client) => {
    if (at === 'connect') return client.reset();
    client.say('220 scripted.test ESMTP');
    for (let line = await client.hear(); line !== undefined; line = await client.hear()) {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === at) return client.reset();
      if (verb === 'QUIT') {
        client.say('221 bye');
        return client.end();
      }
      if (verb !== 'DATA') {
        client.say('250 fine');
        continue;
      }
      client.say('354 go on');
      if (at === 'within-message') {
        await client.hearBytes(100);
        return client.reset();
      }
      await client.hearMessage();
      if (at === 'after-dot') return client.reset();
      client.say('250 taken');
      if (at === 'after-reply') return client.end();
    }
  };
}
