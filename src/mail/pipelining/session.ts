// Groups of commands on a connection that Nodemailer has opened to a relay with PIPELINING (RFC 2920).
//
// The text of a message opens the next group (section 3.1): text, final dot, and MAIL, RCPT and DATA of the next message
// go out together. BDAT in place of DATA goes likewise (RFC 3030 section 4.2). So a message costs one round trip, however
// far the relay is.
import type { Socket } from 'node:net';
import { lengthOf, put } from '../compose.js';
import { openReplyReader } from './read-replies.js';
import type { TextForm } from './text-form.js';

/** The replies to MAIL, RCPT, and DATA or the first chunk of one message, as far as they have come. */
export interface Opening {
  readonly replies: readonly string[];
  /** Resolves with the third reply, or with a 421, behind which nothing comes. Never rejects. */
  readonly settled: Promise<void>;
}

/** The commands that name sender and reader, without line ends. */
export interface Commands {
  mail: string;
  rcpt: string;
}

const isLast = (reply: string): boolean => reply.startsWith('421');

/** Bytes. A relay that stops reading thus never gets the final dot of a long message. */
const piece = 64 * 1024;
/** Bytes. */
const longestReply = 64 * 1024;
/** Bytes: memory is taken in multiples of it, and that of a longer text is not kept for the next. */
const [step, mostKept] = [8 * 1024, 1024 * 1024];

function piecesOf(octets: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < octets.length; at += piece) pieces.push(octets.subarray(at, at + piece));
  return pieces;
}

export class PipelinedSession {
  readonly #socket: Socket;
  /** One function for each reply that is due. */
  readonly #due: ((reply: string) => void)[] = [];
  #isStopped = false;
  /**
   * The memory of a text that the socket has sent, for the next one. New memory for each message would keep the garbage
   * collector busy: it was a seventh of a worker's time.
   */
  #spare: Buffer | undefined;

  /** `onSurplus` gets a reply that nothing is due for, and the reason if a reply is longer than any. */
  constructor(socket: Socket, onSurplus: (reply: string) => void) {
    this.#socket = socket;
    socket.on(
      'data',
      openReplyReader({
        atMost: longestReply,
        onReply: (reply) => (this.#due.shift() ?? onSurplus)(reply),
        onTooLong: () => onSurplus('a reply without end'),
      }),
    );
  }

  /** The connection has ended: nothing more of a text goes out, and no command behind it. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Sends MAIL and RCPT together with what asks for the text (text-form.ts). */
  open({ mail, rcpt }: Commands, asks: Buffer): Opening {
    const replies: string[] = [];
    const settled = new Promise<void>((resolve) => {
      const hear = (reply: string): void => {
        replies.push(reply);
        if (replies.length === 3 || isLast(reply)) resolve();
      };
      this.#due.push(hear, hear, hear);
    });
    this.#socket.write(Buffer.concat([Buffer.from(`${mail}\r\n${rcpt}\r\n`), asks]));
    return { replies, settled };
  }

  /** Sends one line, and resolves with its reply. */
  ask(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return new Promise((resolve) => this.#due.push(resolve));
  }

  /**
   * Sends a message's text, up to its final dot or the end of its last chunk. Calls `onOut` just before the last byte goes out,
   * `behind` when commands may go out in the same packet, and `onReply` with the reply, which may come too early.
   */
  async sendText(
    { data, textOf }: Pick<TextForm, 'data' | 'textOf'>,
    { onOut, onReply, behind }: { onOut: () => void; onReply: (reply: string) => void; behind: () => void },
  ): Promise<void> {
    this.#due.push(onReply);
    const memory = this.#memoryFor(lengthOf(data));
    const pieces = textOf(put(data, memory)).flatMap(piecesOf);
    this.#socket.cork();
    for (let at = 0; at < pieces.length && !this.#isStopped; at += 1) {
      const isEnd = at === pieces.length - 1;
      if (isEnd) onOut();
      const hasRoom = this.#socket.write(pieces[at] ?? '', (error) => {
        if (isEnd && !error && memory.length <= mostKept) this.#spare = memory;
      });
      if (isEnd) behind();
      else if (!hasRoom) {
        this.#socket.uncork();
        await this.#drained();
        this.#socket.cork();
      }
    }
    this.#socket.uncork();
  }

  /** Nobody else uses it, until it becomes the spare one again. */
  #memoryFor(length: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.length >= length
      ? spare
      : Buffer.allocUnsafeSlow(Math.ceil(length / step) * step);
  }

  /** Resolves when the socket takes more, or has closed. */
  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const end = (): void => {
        socket.off('drain', end).off('close', end);
        resolve();
      };
      socket.on('drain', end).on('close', end);
      if (socket.destroyed) end();
    });
  }
}
