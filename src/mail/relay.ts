// Handing messages to one relay over a few lasting connections.
//
//   1. take an idle connection, or open one while fewer than `connections` are open
//   2. MAIL, RCPT and DATA (pipelined where the relay offers it), then the message and the final dot
//   3. tell how it ended: accepted, a reply and its stage, or lost and where
//   4. keep the connection if it is clean, for at most `messagesPerConnection` messages
import type { RelayConfig } from '../config/relays.js';
import { createConnection, standardTimeouts } from './connection.js';
import type { Connection, Envelope, Timeouts } from './connection.js';
import type { HandOver } from './outcome.js';

export type { Envelope, Timeouts } from './connection.js';

/** An idle connection is closed before relays commonly do it themselves. */
const idleTime = 20_000;

export interface Relay {
  readonly name: string;
  /** This process's share; 0: single messages go over one that is closed after it. */
  readonly connections: number;
  /** False where the relay signs itself (dkim=off). */
  readonly wantsDkim: boolean;
  /** False where the relay keeps the providers' limits itself (domainLimits=off). */
  readonly wantsDomainLimits: boolean;
  /** New sending domains are given more from day to day (warmup=on). */
  readonly warmsUp: boolean;
  /** Never throws; waits for a free connection. `data` is as toData makes it. */
  handOver(envelope: Envelope, data: Buffer): Promise<HandOver>;
  /** Changes the share. What is too many is closed when it is free. */
  resize(connections: number): void;
  /** Ends every hand-over under way, and all that are asked for from now on: the process has no more time. */
  cut(): void;
  /** Says QUIT on every connection. Hand-overs under way end first. */
  close(): Promise<void>;
}

const stopping = 'this process had to stop';

/**
 * A relay ends a connection that has been idle, or has had its share of messages, just as it gets the next one. Nothing
 * had been said of a reader that counts: the message goes over a new connection.
 */
function wasStale(handOver: HandOver): boolean {
  if (!('stage' in handOver) || handOver.stage !== 'mail') return false;
  return handOver.ended === 'lost' || (handOver.ended === 'reply' && handOver.code === 421);
}

/** Opens nothing yet: connections are made when a message needs one. */
export function openRelay(
  config: RelayConfig,
  connections: number,
  timeouts: Timeouts = standardTimeouts,
): Relay {
  const all = new Set<Connection>();
  /** The ones without a message, with the timers that end them. */
  const idle = new Map<Connection, NodeJS.Timeout>();
  const waiting: (() => void)[] = [];
  /** Hand-overs under way, and whoever waits for their end. */
  let underWay = 0;
  let closed: (() => void) | undefined;
  let isCut = false;

  function create(): Connection {
    const connection = createConnection(config, timeouts, () => {
      clearTimeout(idle.get(connection));
      idle.delete(connection);
      all.delete(connection);
      waiting.shift()?.();
      whenClosed();
    });
    all.add(connection);
    return connection;
  }

  function whenClosed(): void {
    if (underWay === 0 && all.size === 0) closed?.();
  }

  function takeIdle(): Connection | undefined {
    // The one that was used last is the least likely to be stale.
    const connection = [...idle.keys()].at(-1);
    if (connection === undefined) return undefined;
    clearTimeout(idle.get(connection));
    idle.delete(connection);
    return connection;
  }

  function keep(connection: Connection): void {
    if (!connection.usable) return;
    const isTooMany = all.size > connections || connection.messages >= config.messagesPerConnection;
    if (closed || isTooMany) return connection.quit();
    idle.set(connection, setTimeout(() => connection.quit(), idleTime).unref());
    waiting.shift()?.();
  }

  /** A connection that is ready, or how opening one failed. */
  async function take(): Promise<Connection | HandOver> {
    for (;;) {
      if (isCut) return { ended: 'lost', relay: config.name, stage: 'connect', error: stopping };
      const ready = takeIdle();
      if (ready) return ready;
      if (all.size < Math.max(1, connections)) {
        const made = create();
        return (await made.open()) ?? made;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  async function giveBack(connection: Connection, handOver: HandOver): Promise<void> {
    if (handOver.ended === 'reply') {
      if (handOver.code === 421) return connection.cut('421');
      await connection.reset();
    }
    keep(connection);
  }

  return {
    name: config.name,
    get connections() {
      return connections;
    },
    wantsDkim: config.dkim,
    wantsDomainLimits: config.domainLimits,
    warmsUp: config.warmUp,
    async handOver(envelope, data) {
      underWay += 1;
      try {
        for (;;) {
          const connection = await take();
          if ('ended' in connection) return connection;
          const isOld = connection.messages > 0;
          const handOver = await connection.send(envelope, data);
          // The answer does not wait for the connection to be cleaned.
          void giveBack(connection, handOver);
          if (!isOld || isCut || !wasStale(handOver)) return handOver;
        }
      } finally {
        underWay -= 1;
        whenClosed();
      }
    },
    resize(to) {
      connections = to;
      for (const connection of idle.keys()) if (all.size > connections) connection.quit();
      for (const wake of waiting.splice(0)) wake();
    },
    cut() {
      isCut = true;
      for (const connection of all) connection.cut(stopping);
      for (const wake of waiting.splice(0)) wake();
    },
    close() {
      return new Promise<void>((resolve) => {
        closed = resolve;
        for (const connection of idle.keys()) connection.quit();
        whenClosed();
      });
    },
  };
}
