// Handing messages to one relay over a few lasting connections.
//
//   1. take an idle connection, or open one while fewer than `connections` are open (connection-pool.ts)
//   2. MAIL, RCPT and DATA, then the message and the final dot (connection.ts). With PIPELINING, the commands of a message
//      that waits go out behind the text (pipelining/hand-over.ts)
//   3. report how it ended: accepted, a reply and its stage, or lost and where
//   4. keep the connection if it is clean, for at most `messagesPerConnection` messages
import type { RelayConfig } from '../config/relays.js';
import type { Parts } from './compose.js';
import { asksForFewer } from './connection-limit.js';
import { ConnectionPool, type ConnectionPoolOptions } from './connection-pool.js';
import { always, standardTimeouts, type Envelope, type Timeouts } from './connection.js';
import { concernsNoReader, type HandOver } from './outcome.js';
import { relayIdIn } from './relay-id.js';
import { afterReply, isCommon, noReply } from './same-reply.js';

export interface Relay {
  readonly name: string;
  /**
   * The connections that this process may use now. With 0, single messages go over a connection that is closed
   * after each.
   */
  readonly connections: number;
  /** This process's share of the relay's `connections`, and how many the relay was seen to take at most. */
  readonly limits: { share: number; most: number; reply: string | undefined };
  /** False if the relay signs messages itself (dkim=off). */
  readonly wantsDkim: boolean;
  /** False if the relay lets only the address in From be the envelope sender (verp=off). */
  readonly wantsVerp: boolean;
  /** False if the relay keeps the providers' limits itself (domainLimits=off). */
  readonly wantsDomainLimits: boolean;
  /** True if the daily volume of a new sending domain grows slowly (warmup=on). */
  readonly warmsUp: boolean;
  /**
   * Waits for a free connection. Never throws. `data` is a message in the form of toData, whole or in parts. `mayBegin` is
   * called before the relay can accept any of it; if it resolves to false, the relay cannot.
   */
  handOver(envelope: Envelope, data: Buffer | Parts, mayBegin?: () => Promise<boolean>): Promise<HandOver>;
  /** Changes the share. Surplus connections are closed when they are free. */
  resize(connections: number): void;
  /** Ends every hand-over under way, and all later ones: the process has no more time. */
  cut(): void;
  /** Says QUIT on every connection, after the hand-overs under way. */
  close(): Promise<void>;
}

/** Opens nothing yet: connections are made when a message needs one. */
export function openRelay(
  config: RelayConfig,
  connections: number,
  timeouts: Timeouts = standardTimeouts,
  { clock = () => performance.now(), onTrustLost = () => undefined }: Partial<ConnectionPoolOptions> = {},
): Relay {
  const pool = new ConnectionPool(config, connections, timeouts, { clock, onTrustLost });
  let seen = noReply;
  return {
    name: config.name,
    get connections() {
      return pool.size;
    },
    get limits() {
      return { share: pool.share, most: pool.most, reply: pool.askedForFewer };
    },
    wantsDkim: config.dkim,
    wantsVerp: config.verp,
    wantsDomainLimits: config.domainLimits,
    warmsUp: config.warmUp,
    async handOver(envelope, data, mayBegin = always) {
      const parts = Buffer.isBuffer(data) ? [data] : data;
      const handOver = await pool.during(() => handOverFresh(pool, envelope, parts, mayBegin));
      seen = afterReply(seen, envelope.to, handOver);
      if (config.feedback !== undefined && handOver.ended === 'accepted')
        return { ...handOver, id: relayIdIn(handOver.reply) };
      return isCommon(seen, handOver) ? { ...handOver, relayWide: 'many-domains' } : handOver;
    },
    resize: (to) => pool.resize(to),
    cut: () => pool.cut(),
    close: () => pool.close(),
  };
}

/** Hands a message over. If an old connection turns out to be stale, the message goes over a new one. */
async function handOverFresh(
  pool: ConnectionPool,
  envelope: Envelope,
  data: Parts,
  mayBegin: () => Promise<boolean>,
): Promise<HandOver> {
  for (;;) {
    const connection = await pool.take({ envelope, data });
    if ('ended' in connection) return connection;
    const isOld = connection.messages > 0;
    const handOver = mindConnections(
      pool,
      await connection.send(envelope, data, mayBegin, () => pool.openBehind(connection)),
    );
    // The answer does not wait for the connection to be cleaned.
    void pool.giveBack(connection, handOver);
    const goesAgain = isToGoAgain(handOver) || (isOld && wasStale(handOver));
    if (pool.isCut || !goesAgain) return handOver;
  }
}

/** The trouble of BDAT. The relay gets no more of it, or the text before was refused: a message meets it a few times at most. */
const isToGoAgain = (handOver: HandOver): boolean => handOver.ended === 'lost' && handOver.again === true;

/** Some relays take every connection, and ask for fewer only when messages come over them. */
function mindConnections(pool: ConnectionPool, handOver: HandOver): HandOver {
  if (handOver.ended !== 'reply' || handOver.code === 421) return handOver;
  const isOurs = concernsNoReader(handOver) && asksForFewer(handOver);
  return isOurs && pool.hasRoomForFewer(handOver) ? { ...handOver, relayWide: 'connections' } : handOver;
}

/**
 * A relay ends a connection that was idle, or had its share of messages, just as it gets the next one. At MAIL the relay
 * has heard nothing about the reader yet, so the message can go over a new connection.
 */
function wasStale(handOver: HandOver): boolean {
  if (!('stage' in handOver) || handOver.stage !== 'mail') return false;
  return handOver.ended === 'lost' || (handOver.ended === 'reply' && handOver.code === 421);
}
