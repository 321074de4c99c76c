// The lasting connections to one relay: taken, given back, and closed when they are idle or too many.
import type { RelayConfig } from '../config/relays.js';
import { Connection, type Timeouts } from './connection.js';
import type { HandOver } from './outcome.js';

/** Milliseconds. An idle connection is closed before relays commonly do it themselves. */
const idleTime = 20_000;
const stopping = 'this process had to stop';

/** Opens nothing yet: connections are made when they are taken. */
export class ConnectionPool {
  /** This process's share. With 0, single messages go over a connection that is closed after each. */
  size: number;
  isCut = false;
  readonly #config: RelayConfig;
  readonly #timeouts: Timeouts;
  readonly #all = new Set<Connection>();
  /** The connections without a message, with the timers that close them. */
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  /**
   * Wakes the calls that wait for a connection. p-limit cannot do this: it counts calls, but a connection
   * outlives its call, a call may find one idle, and cut() must wake all that wait.
   */
  readonly #waiting: (() => void)[] = [];
  /** Set by close(): resolves it. */
  #closed: (() => void) | undefined;
  #underWay = 0;

  constructor(config: RelayConfig, size: number, timeouts: Timeouts) {
    this.#config = config;
    this.#timeouts = timeouts;
    this.size = size;
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

  /** A connection that is ready, or how opening one failed. Waits while all are in use. */
  async take(): Promise<Connection | HandOver> {
    for (;;) {
      if (this.isCut) return { ended: 'lost', relay: this.#config.name, stage: 'connect', error: stopping };
      const ready = this.#takeIdle();
      if (ready) return ready;
      if (this.#all.size < Math.max(1, this.size)) {
        const made = this.#create();
        return (await made.open()) ?? made;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Cleans a connection after a message, and keeps it for the next one. */
  async giveBack(connection: Connection, handOver: HandOver): Promise<void> {
    if (handOver.ended === 'reply') {
      if (handOver.code === 421) return connection.cut('421');
      await connection.reset();
    }
    this.#keep(connection);
  }

  /** Changes the share. Surplus connections are closed when they are free. */
  resize(size: number): void {
    this.size = size;
    for (const connection of this.#idle.keys()) if (this.#all.size > size) connection.quit();
    this.#wakeAll();
  }

  /** Ends every hand-over under way, and all later ones: the process has no more time. */
  cut(): void {
    this.isCut = true;
    for (const connection of this.#all) connection.cut(stopping);
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

  #create(): Connection {
    const connection = new Connection(this.#config, this.#timeouts, () => {
      clearTimeout(this.#idle.get(connection));
      this.#idle.delete(connection);
      this.#all.delete(connection);
      this.#waiting.shift()?.();
      this.#endClose();
    });
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
    const isTooMany = this.#all.size > this.size || connection.messages >= this.#config.messagesPerConnection;
    if (this.#closed || isTooMany) return connection.quit();
    this.#idle.set(connection, setTimeout(() => connection.quit(), idleTime).unref());
    this.#waiting.shift()?.();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #endClose(): void {
    if (this.#underWay === 0 && this.#all.size === 0) this.#closed?.();
  }
}
