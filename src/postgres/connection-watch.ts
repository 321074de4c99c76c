// Finds database connections whose packets vanish: after a failover, or when a NAT has forgotten the flow. TCP
// alone would wait for 15 minutes, because neither end hears of it.
//
//   1. a connection whose statement got no byte of an answer for `silence` is suspect
//   2. a new connection asks the server whether it is still running the suspect's statement
//   3. if it is not, or if no new connection is possible, several times in a row, the connection is cut: its
//      statement fails as after a lost connection. The server's process is ended, so that its locks are freed
//
// A slow statement is not cut until `limit`. A connection that only waits for a notification is pinged.

/** The server's process behind a connection. Its start tells it from a later process with the same pid. */
export interface ServerProcess {
  pid: number;
  started: string;
}

export interface WatchedConnection {
  /** 'hidden': a pooler is in between. Undefined: the server has not answered since the connection was made. */
  readonly process: ServerProcess | 'hidden' | undefined;
  isWaiting(): boolean;
  isInTransaction(): boolean;
  waitsForNotification(): boolean;
  bytesRead(): number;
  /** Runs a statement that does nothing. */
  ping(): void;
  cut(error: Error): void;
}

export interface ServerView {
  /** Which of these processes run a statement now. Throws if the server cannot be asked. */
  running(processes: readonly ServerProcess[]): Promise<readonly ServerProcess[]>;
  /** Ends those of the processes that run no statement. */
  end(processes: readonly ServerProcess[]): Promise<void>;
}

export interface WatchOptions {
  server: ServerView;
  /** Milliseconds without a byte of an answer after which a connection is suspect. */
  silence: number;
  /** Milliseconds after which a statement without an answer is cut in any case. */
  limit: number;
  /** True if the server could not be reached, as opposed to an error that it returned. */
  isUnreachable: (error: unknown) => boolean;
  onCut: (error: Error) => void;
}

interface Seen {
  bytes: number;
  /** When the last byte was seen. */
  heardAt: number;
  /** Since when a statement waits for the first or next byte of its answer. */
  waitingSince?: number | undefined;
  /** How many looks in a row found that the server does not run the statement. */
  strikes: number;
  /** The server runs the statement: it is not asked again before. */
  askAt: number;
}

/** An answer may be on its way while the server is asked. */
const strikesToCut = 3;

/** The error of a connection that is cut. Its code makes it count as a lost connection. */
function noAnswer(ms: number): Error {
  const error = new Error(`the database did not answer for ${Math.round(ms)} ms: the connection is cut`);
  return Object.assign(error, { code: 'ETIMEDOUT' });
}

export class ConnectionWatch {
  readonly #options: WatchOptions;
  readonly #connections = new Map<WatchedConnection, Seen>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #asking = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  add(connection: WatchedConnection): void {
    const at = performance.now();
    if (this.#connections.size === 0) {
      this.#lookedAt = at;
      this.#timer = setInterval(() => this.#look(), this.#options.silence / 5).unref();
    }
    this.#connections.set(connection, { bytes: 0, heardAt: at, strikes: 0, askAt: 0 });
  }

  remove(connection: WatchedConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) clearInterval(this.#timer);
  }

  #look(): void {
    const { silence } = this.#options;
    const at = performance.now();
    // This process was stopped or busy: the answers may be in its buffers.
    const paused = at - this.#lookedAt > silence;
    this.#lookedAt = at;
    for (const [connection, seen] of this.#connections) this.#observe(connection, seen, at, paused);
    const suspects = [...this.#connections].filter(
      ([, seen]) => silentFor(seen, at) >= silence && at >= seen.askAt,
    );
    if (suspects.length === 0 || this.#asking) return;
    this.#asking = true;
    void this.#judge(suspects).finally(() => (this.#asking = false));
  }

  #observe(connection: WatchedConnection, seen: Seen, at: number, paused: boolean): void {
    const bytes = connection.bytesRead();
    const heard = bytes !== seen.bytes || paused;
    if (heard) Object.assign(seen, { bytes, heardAt: at });
    if (!connection.isWaiting()) {
      seen.waitingSince = undefined;
      const isQuiet = at - seen.heardAt > 2 * this.#options.silence;
      if (isQuiet && connection.waitsForNotification()) connection.ping();
    } else if (heard || seen.waitingSince === undefined)
      Object.assign(seen, { waitingSince: at, strikes: 0, askAt: 0 });
  }

  /** Looks at the suspects' processes, and counts a strike against each that does not run its statement. */
  async #judge(suspects: readonly [WatchedConnection, Seen][]): Promise<void> {
    const { silence, limit } = this.#options;
    const running = await this.#running(suspects.map(([connection]) => connection));
    const at = performance.now();
    const lost: WatchedConnection[] = [];
    for (const [connection, seen] of suspects) {
      if (!this.#connections.has(connection) || silentFor(seen, at) < silence) continue;
      if (running === 'unknown' || running.has(connection))
        Object.assign(seen, { strikes: 0, askAt: at + silence });
      else seen.strikes += 1;
      if (seen.strikes >= strikesToCut || silentFor(seen, at) > limit) lost.push(connection);
    }
    if (lost.length > 0) this.#cut(lost, at);
  }

  /** The connections whose statements the server runs, or may run. 'unknown': the server cannot tell. */
  async #running(suspects: readonly WatchedConnection[]): Promise<Set<WatchedConnection> | 'unknown'> {
    const hidden = suspects.filter(({ process }) => process === 'hidden');
    const asked = suspects.filter((connection) => isKnown(connection.process));
    if (asked.length === 0) return new Set(hidden);
    try {
      const running = await this.#options.server.running(asked.map(({ process }) => process).filter(isKnown));
      const runs = ({ process }: WatchedConnection) =>
        isKnown(process) && running.some((one) => isSame(one, process));
      return new Set([...hidden, ...asked.filter(runs)]);
    } catch (error) {
      return this.#options.isUnreachable(error) ? new Set(hidden) : 'unknown';
    }
  }

  #cut(lost: readonly WatchedConnection[], at: number): void {
    const sentAt = Math.min(
      ...lost.map((connection) => this.#connections.get(connection)?.waitingSince ?? at),
    );
    // An idle connection that was not heard since is probably lost too. The next statement would wait for it.
    const idle = [...this.#connections.keys()].filter(
      (connection) =>
        !connection.isWaiting() &&
        !connection.isInTransaction() &&
        (this.#connections.get(connection)?.heardAt ?? at) <= sentAt,
    );
    const error = noAnswer(at - sentAt);
    this.#options.onCut(error);
    const cut = [...lost, ...idle];
    for (const connection of cut) connection.cut(error);
    const processes = cut.map(({ process }) => process).filter(isKnown);
    if (processes.length > 0) this.#options.server.end(processes).catch(() => undefined);
  }
}

const isKnown = (process: WatchedConnection['process']): process is ServerProcess =>
  typeof process === 'object';

const isSame = (one: ServerProcess, other: ServerProcess): boolean =>
  one.pid === other.pid && one.started === other.started;

const silentFor = ({ waitingSince }: Seen, at: number): number =>
  waitingSince === undefined ? 0 : at - waitingSince;
