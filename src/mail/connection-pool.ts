// The lasting connections to one relay: borrowed, returned, and closed when they are idle or too many.
import type { RelayConfig } from '../config/relays.js';
import { inWords, SaidError } from '../languages/said-error.js';
import { afterOpening, afterRefusal, allowedNow, asksForFewer, noLimit } from './connection-limit.js';
import { Connection, type Timeouts } from './connection.js';
import type { HandOver } from './outcome.js';
import type { Waiting } from './pipelining/hand-over.js';
import { PipelineTrust, type Lost } from './pipelining/trust.js';

/** Milliseconds. An idle connection is closed before relays commonly do it themselves. */
const idleTime = 20_000;
const stopping = { key: 'handOver.stopping' } as const;

export interface ConnectionPoolOptions {
  /** As for relays.ts. */
  clock: () => number;
  /** Called when the relay gets nothing behind a text, or no chunks, from now on. */
  onTrustLost: (what: Lost) => void;
}

/** A hand-over that waits for a connection. */
interface Call {
  message: Waiting;
  /** Gives it the connection on which its message is opened; without one, it looks for a connection again. */
  wake: (promised?: Connection) => void;
}

/** Opens nothing yet: connections are made when they are taken. */
export class ConnectionPool {
  /** This process's share. With 0, single messages go over a connection that is closed after each. */
  share: number;
  isCut = false;
  /** The reply by which the relay asked for fewer connections last. */
  askedForFewer: string | undefined;
  #limit = noLimit;
  readonly #clock: () => number;
  readonly #config: RelayConfig;
  readonly #timeouts: Timeouts;
  readonly #all = new Set<Connection>();
  /** Those of all that are being opened. */
  readonly #opening = new Set<Promise<unknown>>();
  /** The connections without a message, with the timers that close them. */
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  /**
   * The calls that wait for a connection. p-limit cannot do this: it counts calls, but a connection outlives its
   * call, a call may find one idle, and cut() must wake all that wait.
   */
  readonly #waiting: Call[] = [];
  /** The calls whose messages are opened on a connection already. */
  readonly #promised = new Map<Connection, Call>();
  readonly #trust: PipelineTrust;
  /** Set by close(): resolves it. */
  #closed: (() => void) | undefined;
  #underWay = 0;

  constructor(
    config: RelayConfig,
    share: number,
    timeouts: Timeouts,
    { clock, onTrustLost }: ConnectionPoolOptions,
  ) {
    this.#config = config;
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#trust = new PipelineTrust(onTrustLost);
    this.share = share;
  }

  /** The connections that may be open now: the share, or fewer if the relay does not take as many. */
  get size(): number {
    return Math.min(this.share, allowedNow(this.#limit, this.#clock()));
  }

  /** The connections that the relay takes at once, as far as it has refused any. */
  get most(): number {
    return this.#limit.most;
  }

  /** Runs a hand-over that close() waits for. */
  async during<T>(handOver: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await handOver();
    } finally {
      this.#underWay -= 1;
      this.#endClose();
    }
  }

  /** A connection that is ready for the message, or how opening one failed. Waits while all are in use. */
  async take(message: Waiting): Promise<Connection | HandOver> {
    for (;;) {
      if (this.isCut)
        return { ended: 'lost', relay: this.#config.name, stage: 'connect', ...inWords(stopping) };
      const ready = this.#takeIdle();
      if (ready) return ready;
      if (this.#all.size < Math.max(1, this.size)) {
        const made = this.#create();
        const opening = made.open();
        this.#opening.add(opening);
        const failed = await opening;
        this.#opening.delete(opening);
        if (failed === undefined) {
          this.#limit = afterOpening(this.#limit, this.#all.size, this.#clock());
          return made;
        }
        // While others stand, the message waits for one of these. Alone, it has no way to the relay.
        if (!asksForFewer(failed)) return failed;
        const wasAlone = !this.#anyStands;
        while (this.#opening.size > 0 && !this.#anyStands) await Promise.race(this.#opening);
        if (!this.#anyStands) return failed;
        // Refusals of the same moment count once.
        if (!wasAlone || this.#all.size < this.#limit.most) this.#lower(this.#all.size, failed);
        continue;
      }
      const promised = await new Promise<Connection | undefined>((wake) => {
        const call = { message, wake };
        const isOpened = [...this.#all].some((connection) => this.#promise(connection, call));
        if (!isOpened) this.#waiting.push(call);
      });
      if (promised) return promised;
    }
  }

  /** Opens the message that waits longest behind the text on this connection. */
  openBehind(connection: Connection): void {
    const [call] = this.#waiting;
    if (call && this.#promise(connection, call)) this.#waiting.shift();
  }

  /** Opens a message behind the text on this connection, and promises it the connection. False: it cannot be. */
  #promise(connection: Connection, call: Call): boolean {
    const isOpened =
      this.#trust.mayTry && !this.#isSurplus(connection) && connection.openBehind(call.message);
    if (isOpened) this.#promised.set(connection, call);
    return isOpened;
  }

  /**
   * Notes that the relay asked for fewer connections in mid-conversation. False: this is the only one, so
   * fewer would be none.
   */
  hasRoomForFewer(handOver: HandOver): boolean {
    const others = Math.min(this.#all.size, this.#limit.most) - 1;
    if (others < 1) return false;
    this.#lower(others, handOver);
    return true;
  }

  /** Cleans a connection after a message, and keeps it for the next one. */
  async giveBack(connection: Connection, handOver: HandOver): Promise<void> {
    if (handOver.ended === 'reply') {
      if (handOver.code === 421) return connection.cut(new Error('421'));
      // The next message is opened on it already: the reply has ended this one.
      if (!connection.hasOpened) await connection.reset();
    }
    this.#keep(connection);
  }

  /** Changes the share. Surplus connections are closed when they are free. */
  resize(share: number): void {
    this.share = share;
    for (const connection of this.#idle.keys()) if (this.#all.size > this.size) connection.quit();
    this.#wakeAll();
  }

  /** Ends every hand-over under way, and all later ones: the process has no more time. */
  cut(): void {
    this.isCut = true;
    for (const connection of this.#all) connection.cut(new SaidError(stopping));
    this.#wakeAll();
  }

  /** Says QUIT on every connection, after the hand-overs under way. */
  close(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#closed = resolve;
      for (const connection of this.#idle.keys()) connection.quit();
      this.#endClose();
    });
  }

  get #anyStands(): boolean {
    return this.#all.size > this.#opening.size;
  }

  #lower(standing: number, handOver: HandOver): void {
    this.#limit = afterRefusal(this.#limit, standing, this.#clock());
    if ('reply' in handOver) this.askedForFewer = handOver.reply;
  }

  #create(): Connection {
    const onEnd = (): void => {
      clearTimeout(this.#idle.get(connection));
      this.#idle.delete(connection);
      this.#all.delete(connection);
      this.#breakPromise(connection);
      this.#waiting.shift()?.wake();
      this.#endClose();
    };
    const connection = new Connection(this.#config, this.#timeouts, onEnd, this.#trust);
    this.#all.add(connection);
    return connection;
  }

  #takeIdle(): Connection | undefined {
    // The one that was used last is the least likely to be stale.
    const connection = [...this.#idle.keys()].at(-1);
    if (connection === undefined) return undefined;
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    return connection;
  }

  #keep(connection: Connection): void {
    if (!connection.usable) return;
    const call = this.#promised.get(connection);
    this.#promised.delete(connection);
    if (call) return call.wake(connection);
    if (this.#isSurplus(connection)) return connection.quit();
    this.#idle.set(connection, setTimeout(() => connection.quit(), idleTime).unref());
    this.#waiting.shift()?.wake();
  }

  /** It is closed after the message that it carries. */
  #isSurplus({ messages }: Connection): boolean {
    return (
      this.#closed !== undefined ||
      this.#all.size > this.size ||
      messages >= this.#config.messagesPerConnection
    );
  }

  /** The connection has ended: the message that was opened on it looks for another. */
  #breakPromise(connection: Connection): void {
    const call = this.#promised.get(connection);
    this.#promised.delete(connection);
    call?.wake();
  }

  #wakeAll(): void {
    for (const { wake } of this.#waiting.splice(0)) wake();
  }

  #endClose(): void {
    if (this.#underWay === 0 && this.#all.size === 0) this.#closed?.();
  }
}
