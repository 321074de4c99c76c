// CHUNKING (RFC 3030) in front of an SMTP server that knows only DATA. One command after the other is passed on, and each
// reply is passed back before the next command is read.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface ChunkingFront {
  port: number;
  /** The texts that came with the final dot and in chunks. */
  texts: { dotted: number; chunked: number };
  close(): void;
}

/** What one side sends. Each function resolves with undefined once it has ended. */
class Input {
  #text = '';
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** `end`: how many characters of the text belong to what is awaited, or -1. */
  async #take(end: (text: string) => number): Promise<string | undefined> {
    for (;;) {
      const length = end(this.#text);
      if (length >= 0) {
        const taken = this.#text.slice(0, length);
        this.#text = this.#text.slice(length);
        return taken;
      }
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  through(mark: string): Promise<string | undefined> {
    return this.#take((text) => (text.includes(mark) ? text.indexOf(mark) + mark.length : -1));
  }

  octets(count: number): Promise<string | undefined> {
    return this.#take((text) => (text.length >= count ? count : -1));
  }

  reply(): Promise<string | undefined> {
    return this.#take((text) => /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(text)?.[0].length ?? -1);
  }
}

/** Plays one conversation to its end. */
async function serve(near: Socket, far: Socket, texts: ChunkingFront['texts']): Promise<void> {
  const [client, server] = [new Input(near), new Input(far)];
  let readers = 0;
  let octets = '';
  const ask = async (line: string): Promise<string> => {
    far.write(line, 'latin1');
    return (await server.reply()) ?? '';
  };
  const chunk = async ({ size, isLast }: { size: number; isLast: boolean }): Promise<string> => {
    octets += (await client.octets(size)) ?? '';
    if (readers === 0) return '503 5.5.1 no reader for a chunk\r\n';
    if (!isLast) return `250 2.0.0 ${size} octets received\r\n`;
    const asked = await ask('DATA\r\n');
    if (!asked.startsWith('354')) return asked;
    texts.chunked += 1;
    return ask(`${octets.replaceAll(/^\./gm, '..')}.\r\n`);
  };
  const pass = async (line: string): Promise<void> => {
    const verb = line.slice(0, 4).toUpperCase();
    const [, size, last] = /^BDAT (\d+)( LAST)?\r\n$/i.exec(line) ?? [];
    if (['EHLO', 'MAIL', 'RSET'].includes(verb)) [readers, octets] = [0, ''];
    const reply = await (size === undefined
      ? ask(line)
      : chunk({ size: Number(size), isLast: last !== undefined }));
    if (verb === 'RCPT' && reply.startsWith('2')) readers += 1;
    near.write(verb === 'EHLO' ? reply.replace(/^250 /m, '250-CHUNKING\r\n250 ') : reply, 'latin1');
    if (verb !== 'DATA' || !reply.startsWith('354')) return;
    const text = await client.through('\r\n.\r\n');
    if (text === undefined) return;
    texts.dotted += 1;
    near.write(await ask(text), 'latin1');
  };
  near.write((await server.reply()) ?? '', 'latin1');
  for (let line = await client.through('\r\n'); line !== undefined; line = await client.through('\r\n'))
    await pass(line);
}

export async function startChunkingFront(target: { host: string; port: number }): Promise<ChunkingFront> {
  const texts = { dotted: 0, chunked: 0 };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => one.destroy()).on('close', () => other.destroySoon());
    void serve(near, far, texts);
  });
  server.listen(0, target.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, texts, close: () => void server.close() };
}
